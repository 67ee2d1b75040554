import {
  DescribeInstancesCommand,
  EC2Client,
  TerminateInstancesCommand,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { cloudForTest, onlineInstances, runOn } from './cloud.ts';
import { ManualClock } from './manual-clock.ts';
import { raw, signed, spoken } from './raw-request.ts';
import { networkInterfaces } from 'node:os';

const describeBody = 'Action=DescribeInstances&Version=2016-11-15';
const form = { 'content-type': 'application/x-www-form-urlencoded; charset=utf-8' };
const json = (target: string) => ({ 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target });
/** Services, a request that each would answer, and the names that AWS has for what can be wrong with it. */
const services = [
  {
    service: 'ec2',
    headers: form,
    body: describeBody,
    wrong: 'AuthFailure',
    unsigned: 'AuthFailure',
    unknown: 'AuthFailure',
    late: 'RequestExpired',
  },
  {
    service: 'sts',
    headers: form,
    body: 'Action=GetCallerIdentity&Version=2011-06-15',
    wrong: 'SignatureDoesNotMatch',
    unsigned: 'AuthFailure',
    unknown: 'InvalidClientTokenId',
    late: 'SignatureDoesNotMatch',
  },
  {
    service: 'ssm',
    headers: json('AmazonSSM.ListCommands'),
    body: '{}',
    wrong: 'InvalidSignatureException',
    unsigned: 'MissingAuthenticationTokenException',
    unknown: 'UnrecognizedClientException',
    late: 'InvalidSignatureException',
  },
  {
    service: 'logs',
    headers: json('Logs_20140328.DescribeLogGroups'),
    body: '{}',
    wrong: 'InvalidSignatureException',
    unsigned: 'MissingAuthenticationTokenException',
    unknown: 'UnrecognizedClientException',
    late: 'InvalidSignatureException',
  },
  {
    service: 'sqs',
    headers: json('AmazonSQS.ListQueues'),
    body: '{}',
    wrong: 'SignatureDoesNotMatch',
    unsigned: 'MissingAuthenticationToken',
    unknown: 'InvalidClientTokenId',
    late: 'SignatureDoesNotMatch',
  },
  {
    service: 's3',
    method: 'GET',
    headers: {},
    body: '',
    wrong: 'SignatureDoesNotMatch',
    unsigned: 'AccessDenied',
    unknown: 'InvalidAccessKeyId',
    late: 'RequestTimeTooSkewed',
  },
];

describe.each(services)(
  'a request to $service',
  ({ service, method = 'POST', headers, body, wrong, unsigned, unknown, late }) => {
    test('is answered when it is signed', async () => {
      const { cloud } = await cloudForTest();
      const answer = await raw(cloud.endpoint, {
        method,
        body,
        headers: await signed(cloud, { service, method, headers, body }),
      });
      expect(answer).toMatchObject({ status: 200 });
    });

    test('is refused without a signature, with the wrong secret, with an unknown key', async () => {
      const { cloud } = await cloudForTest();
      const refused = async (why: string, sent: Record<string, string>) => {
        const answer = await raw(cloud.endpoint, { method, body, headers: sent });
        expect(answer.status).toBeGreaterThanOrEqual(400);
        expect(answer.body).toContain(why);
      };
      await refused(unsigned, headers as Record<string, string>);
      await refused(
        wrong,
        await signed({ ...cloud, secretAccessKey: `${cloud.secretAccessKey}x` }, { service, method, headers, body }),
      );
      await refused(
        unknown,
        await signed({ ...cloud, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }, { service, method, headers, body }),
      );
    });

    test('is refused when it is sent again after five minutes, or made for later', async () => {
      const clock = new ManualClock();
      const { cloud } = await cloudForTest({ clock });
      const sent = await signed(cloud, { service, method, headers, body, date: new Date(clock.now()) });
      expect((await raw(cloud.endpoint, { method, body, headers: sent })).status).toBe(200);
      clock.advance(5 * 60_000 + 1000);
      const replayed = await raw(cloud.endpoint, { method, body, headers: sent });
      expect(replayed.status).toBeGreaterThanOrEqual(400);
      expect(replayed.body).toContain(late);
      const early = await signed(cloud, { service, method, headers, body, date: new Date(clock.now() + 6 * 60_000) });
      expect((await raw(cloud.endpoint, { method, body, headers: early })).body).toContain(late);
    });

    test('is refused when anything that was signed has changed', async () => {
      const { cloud } = await cloudForTest();
      const sent = await signed(cloud, { service, method, headers, body });
      const tampered = await Promise.all([
        raw(cloud.endpoint, { method, body: `${body} `, headers: sent }),
        raw(cloud.endpoint, { method, body, path: '/other', headers: sent }),
        raw(cloud.endpoint, { method, body, path: '/?a=b', headers: sent }),
        raw(cloud.endpoint, { method: 'PUT', body, headers: sent }),
        raw(cloud.endpoint, {
          method,
          body,
          headers: { ...sent, 'x-amz-date': sent['x-amz-date']!.replace(/.Z$/, (end) => (end === '0Z' ? '1Z' : '0Z')) },
        }),
        raw(cloud.endpoint, { method, body, headers: { ...sent, 'x-amz-new': 'header' } }),
      ]);
      expect(tampered.map(({ status }) => status >= 400 && status < 500)).toEqual(tampered.map(() => true));
    });

    test('is refused for another region', async () => {
      const { cloud } = await cloudForTest();
      const answer = await raw(cloud.endpoint, {
        method,
        body,
        headers: await signed(cloud, { service, method, headers, body, region: 'eu-west-1' }),
      });
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.body).toContain("expecting 'us-east-1'");
    });
  },
);

describe('the door', () => {
  test.each([
    ['an Origin header', { origin: 'http://127.0.0.1' }],
    ['an Origin header of null', { origin: 'null' }],
    ['a Host of somebody else', { host: 'attacker.example' }],
    ['a Host that begins like loopback', { host: '127.0.0.1.attacker.example' }],
    ['a Host with another port', { host: '127.0.0.1:1' }],
  ])('stays shut for a well-signed request with %s', async (_, extra) => {
    const { cloud } = await cloudForTest();
    const headers = await signed(cloud, { service: 'ec2', headers: { ...form, ...extra }, body: describeBody });
    const answer = await raw(cloud.endpoint, { body: describeBody, headers });
    expect(answer.status).toBe(403);
    expect(answer.body).toContain('programs on this machine only');
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each([
    ['no Host', 'GET / HTTP/1.0\r\n\r\n'],
    ['two Hosts', 'GET / HTTP/1.1\r\nHost: LOOPBACK\r\nHost: attacker.example\r\n\r\n'],
    ['a target of another host', 'GET http://attacker.example/ HTTP/1.1\r\nHost: attacker.example\r\n\r\n'],
    ['a Host and two lengths', 'POST / HTTP/1.1\r\nHost: LOOPBACK\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\nx'],
    [
      'a Host, a length and chunks',
      'POST / HTTP/1.1\r\nHost: LOOPBACK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
  ])('stays shut for bytes with %s', async (_, bytes) => {
    const { cloud } = await cloudForTest();
    const answer = await spoken(cloud.endpoint, bytes);
    expect(answer).toMatch(/^HTTP\/1\.1 4\d\d /);
    expect(answer.match(/HTTP\/1\.1/g)?.length).toBe(1);
  });

  test('listens on loopback and nowhere else', async () => {
    const { cloud } = await cloudForTest();
    const { port } = new URL(cloud.endpoint);
    const others = Object.values(networkInterfaces())
      .flat()
      .filter((one) => one !== undefined && !one.internal && one.family === 'IPv4');
    for (const other of others) {
      await expect(spoken(`http://${other!.address}:${port}`, 'GET / HTTP/1.1\r\n\r\n')).rejects.toThrow(
        'ECONNREFUSED',
      );
    }
    expect(new URL(cloud.endpoint).hostname).toBe('127.0.0.1');
  });

  test('answers no preflight', async () => {
    const { cloud } = await cloudForTest();
    const headers = {
      origin: 'https://attacker.example',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization',
    };
    const answer = await raw(cloud.endpoint, { method: 'OPTIONS', headers });
    expect(answer.status).toBe(403);
    expect(answer.headers['access-control-allow-origin']).toBeUndefined();
  });

  test.each([
    ['no algorithm', 'Bearer x'],
    ['nothing after the algorithm', 'AWS4-HMAC-SHA256 '],
    [
      'a short signature',
      'AWS4-HMAC-SHA256 Credential=a/20200101/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=00',
    ],
    [
      'a scope of another form',
      `AWS4-HMAC-SHA256 Credential=a/us-east-1/ec2, SignedHeaders=host, Signature=${'0'.repeat(64)}`,
    ],
  ])('is not confused by an Authorization header with %s', async (_, authorization) => {
    const { cloud } = await cloudForTest();
    const answer = await raw(cloud.endpoint, {
      body: describeBody,
      headers: { ...form, authorization, 'x-amz-date': '20200101T000000Z' },
    });
    expect(answer.status).toBe(401);
    expect(answer.body).toContain('AuthFailure');
  });

  test('asks for a newer signature when a URL was presigned by version 2', async () => {
    const { cloud } = await cloudForTest();
    const path = `/bucket/key?AWSAccessKeyId=${cloud.accessKeyId}&Signature=x&Expires=9999999999`;
    const answer = await raw(cloud.endpoint, { method: 'GET', path });
    expect(answer).toMatchObject({ status: 400 });
    expect(answer.body).toContain('AWS4-HMAC-SHA256');
  });

  test('names the services and actions that it has when others are asked for', async () => {
    const { cloud } = await cloudForTest();
    const other = { service: 'dynamodb', headers: json('DynamoDB_20120810.ListTables'), body: '{}' };
    const answer = await raw(cloud.endpoint, { body: '{}', headers: await signed(cloud, other) });
    expect(answer).toMatchObject({ status: 404 });
    expect(answer.body).toContain('ec2, sts, ssm, logs, s3, sqs');
    for (const name of ['DescribeUnicorns', 'constructor', '__proto__']) {
      const body = `Action=${name}`;
      const unknown = await raw(cloud.endpoint, {
        body,
        headers: await signed(cloud, { service: 'ec2', headers: form, body }),
      });
      expect(unknown).toMatchObject({ status: 400 });
      expect(unknown.body).toContain('InvalidAction');
    }
  });

  test('lives through bodies that are no parameters and no JSON', async () => {
    const { cloud } = await cloudForTest();
    const ask = async (service: string, headers: Record<string, string>, body: string) =>
      raw(cloud.endpoint, { body, headers: await signed(cloud, { service, headers, body }) });
    expect(await ask('ec2', form, '')).toMatchObject({ status: 400 });
    expect(await ask('ec2', form, `Action=DescribeInstances&${'A.'.repeat(5000)}B=1`)).toMatchObject({ status: 400 });
    expect(await ask('ec2', form, 'Action=DescribeInstances&Filter.1=x&Filter.1.Name=y')).toMatchObject({
      status: 400,
    });
    expect(await ask('ec2', form, 'Action=DescribeInstances&__proto__.x=1&constructor.prototype.y=1')).toMatchObject({
      status: 200,
    });
    for (const body of ['{', '[]', 'null', '"x"']) {
      expect((await ask('ssm', json('AmazonSSM.ListCommands'), body)).body).toContain('SerializationException');
      expect((await ask('sqs', json('AmazonSQS.ListQueues'), body)).body).toContain('SerializationException');
    }
    expect((await ask('ssm', json('AmazonSSM.SendCommand'), '{"DocumentName":7}')).body).toContain(
      'ValidationException',
    );
  });
});

describe('credentials of an instance', () => {
  test('are good for requests with their session token, and for nobody once the instance is gone', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const { StandardOutputContent } = await runOn(
      cloud,
      id!,
      'echo "$AWS_ACCESS_KEY_ID $AWS_SECRET_ACCESS_KEY $AWS_SESSION_TOKEN"',
    );
    const [accessKeyId, secretAccessKey, sessionToken] = StandardOutputContent!.trim().split(' ') as [
      string,
      string,
      string,
    ];
    const ec2 = new EC2Client({
      ...cloud.cloud,
      credentials: { accessKeyId, secretAccessKey, sessionToken },
      maxAttempts: 1,
    });
    expect((await ec2.send(new DescribeInstancesCommand({}))).Reservations).toHaveLength(1);
    const body = 'Action=GetCallerIdentity&Version=2011-06-15';
    const connection = { ...cloud.cloud, accessKeyId, secretAccessKey };
    const withToken = await raw(cloud.cloud.endpoint, {
      body,
      headers: await signed(connection, { service: 'sts', headers: form, body, sessionToken }),
    });
    expect(withToken.body).toContain(`assumed-role/local-instance/${id}`);
    const without = await raw(cloud.cloud.endpoint, {
      body,
      headers: await signed(connection, { service: 'sts', headers: form, body }),
    });
    expect(without.body).toContain('InvalidClientTokenId');
    await cloud.ec2.send(new TerminateInstancesCommand({ InstanceIds: [id!] }));
    await waitUntilInstanceTerminated(
      { client: cloud.ec2, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
      { InstanceIds: [id!] },
    );
    await expect(ec2.send(new DescribeInstancesCommand({}))).rejects.toMatchObject({ name: 'AuthFailure' });
    ec2.destroy();
  });
});
