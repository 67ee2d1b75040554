import { CreateTagsCommand, DescribeInstancesCommand } from '@aws-sdk/client-ec2';
import { expect, test } from 'vitest';
import { spotInterruptionTag } from '../src/index.ts';
import { cloudForTest, eventually, onlineInstances, runOn } from './cloud.ts';
import { raw } from './raw-request.ts';

async function withMetadata() {
  const cloud = await cloudForTest();
  const [id] = await onlineInstances(cloud, { InstanceType: 'c5.large' });
  const { StandardOutputContent } = await runOn(cloud, id!, 'echo $AWS_EC2_METADATA_SERVICE_ENDPOINT');
  const endpoint = StandardOutputContent!.trim();
  const ttl = { 'x-aws-ec2-metadata-token-ttl-seconds': '60' };
  const token = async () => (await raw(endpoint, { method: 'PUT', path: '/latest/api/token', headers: ttl })).body;
  const get = async (path: string, headers: Record<string, string> = {}) =>
    raw(endpoint, { method: 'GET', path, headers: { 'x-aws-ec2-metadata-token': await token(), ...headers } });
  return { ...cloud, id: id!, endpoint, ttl, get };
}

test('tells an instance what it is, to whoever has a token', async () => {
  const { id, endpoint, get } = await withMetadata();
  expect((await get('/latest/meta-data/instance-id')).body).toBe(id);
  expect((await get('/latest/meta-data/instance-type')).body).toBe('c5.large');
  expect((await get('/latest/meta-data/placement/region')).body).toBe('us-east-1');
  expect((await get('/latest/meta-data/placement/')).body.split('\n')).toEqual(['availability-zone', 'region']);
  expect((await get('/latest/meta-data/')).body.split('\n')).toContain('placement/');
  expect(JSON.parse((await get('/latest/dynamic/instance-identity/document')).body)).toMatchObject({ instanceId: id });
  expect(await raw(endpoint, { method: 'GET', path: '/latest/meta-data/instance-id' })).toMatchObject({ status: 401 });
  expect(await get('/latest/meta-data/instance-id', { 'x-aws-ec2-metadata-token': 'guess' })).toMatchObject({
    status: 401,
  });
});

test('hands out no credentials, and nothing to web pages or proxies', async () => {
  const { endpoint, ttl, get } = await withMetadata();
  expect(await get('/latest/meta-data/iam/security-credentials/')).toMatchObject({ status: 404, body: '' });
  expect(await get('/latest/meta-data/iam/')).toMatchObject({ status: 404 });
  for (const extra of [{ origin: 'http://x' }, { host: 'attacker.example' }, { 'x-forwarded-for': '1.2.3.4' }]) {
    expect(
      await raw(endpoint, { method: 'PUT', path: '/latest/api/token', headers: { ...ttl, ...extra } }),
    ).toMatchObject({ status: 403 });
    expect(await get('/latest/meta-data/instance-id', extra)).toMatchObject({ status: 403 });
  }
  expect(await raw(endpoint, { method: 'PUT', path: '/latest/api/token' })).toMatchObject({ status: 400 });
});

test('announces a spot interruption that a tag asks for, and carries it out', async () => {
  const { ec2, id, get } = await withMetadata();
  const path = '/latest/meta-data/spot/instance-action';
  expect(await get(path)).toMatchObject({ status: 404 });
  const tag = (Value: string) =>
    ec2.send(new CreateTagsCommand({ Resources: [id], Tags: [{ Key: spotInterruptionTag, Value }] }));
  await expect(tag('explode')).rejects.toMatchObject({ name: 'InvalidParameterValue' });
  await tag('terminate');
  const { action, time } = JSON.parse((await get(path)).body) as { action: string; time: string };
  expect(action).toBe('terminate');
  expect(time).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  await tag('terminate 0.1');
  const reason = await eventually(async () => {
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: [id] }));
    const instance = Reservations![0]!.Instances![0]!;
    return instance.State!.Name === 'terminated' ? instance.StateReason!.Code : undefined;
  }, 'the instance is reclaimed');
  expect(reason).toBe('Server.SpotInstanceTermination');
});
