import { execFile, execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  CreateBucketCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  GetObjectTaggingCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import {
  ChangeMessageVisibilityCommand,
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  GetQueueUrlCommand,
  ListQueuesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from '@aws-sdk/client-sqs';
import { Upload } from '@aws-sdk/lib-storage';
import { getSignedUrl } from '@aws-sdk/s3-request-presigner';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeAwsChunked } from '../src/gateway/aws-chunked.ts';
import { cloudForTest } from './cloud.ts';
import { ManualClock } from './manual-clock.ts';
import { raw, signed } from './raw-request.ts';

const sha256 = (body: string): string => createHash('sha256').update(body).digest('hex');
/** What curl prints, and the status after a bar. */
const curl = (address: string, ...more: string[]): Promise<string> =>
  new Promise(
    (resolve) =>
      void execFile('curl', ['-sS', '-w', '|%{http_code}', ...more, address], (_, stdout) => resolve(stdout)),
  );
const Bucket = 'tessera-test';

async function withBucket(options: Parameters<typeof cloudForTest>[0] = {}) {
  const cloud = await cloudForTest(options);
  await cloud.s3.send(new CreateBucketCommand({ Bucket }));
  const read = async (Key: string, Range?: string) => {
    const { Body } = await cloud.s3.send(
      new GetObjectCommand({ Bucket, Key, ...(Range === undefined ? {} : { Range }) }),
    );
    return Buffer.from(await Body!.transformToByteArray());
  };
  return { ...cloud, read };
}

describe('S3', () => {
  test.each([
    ['bytes', () => Buffer.from('hello')],
    ['nothing', () => Buffer.alloc(0)],
    ['more than fauxqs would read by itself', () => randomBytes(13 * 1024 * 1024)],
  ])('keeps %s under keys of any characters, whole and in ranges', async (_, make) => {
    const { s3, read } = await withBucket();
    const Body = make();
    const Key = "c/0/1 a+b&ü(%41)'=.zarr";
    await s3.send(new PutObjectCommand({ Bucket, Key, Body }));
    expect((await read(Key)).equals(Body)).toBe(true);
    if (Body.length > 3) expect((await read(Key, 'bytes=1-3')).equals(Body.subarray(1, 4))).toBe(true);
    const { Contents } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: 'c/0/' }));
    expect(Contents!.map((object) => [object.Key, object.Size])).toEqual([[Key, Body.length]]);
    await s3.send(new DeleteObjectCommand({ Bucket, Key }));
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key }))).rejects.toMatchObject({ name: 'NotFound' });
  });

  test('takes streams in chunks with a trailing checksum, and multipart uploads', async () => {
    const { s3, read } = await withBucket();
    const bytes = randomBytes(6 * 1024 * 1024);
    await s3.send(
      new PutObjectCommand({
        Bucket,
        Key: 'stream',
        Body: Readable.from([bytes.subarray(0, 100), bytes.subarray(100, 70_000)]),
        ContentLength: 70_000,
      }),
    );
    expect((await read('stream')).equals(bytes.subarray(0, 70_000))).toBe(true);
    await new Upload({ client: s3, params: { Bucket, Key: 'parts', Body: Readable.from([bytes]) } }).done();
    expect((await read('parts')).equals(bytes)).toBe(true);
  });

  test('creates only if absent and replaces only what was seen, when it is asked to', async () => {
    const { s3, read } = await withBucket();
    const put = (Body: string, condition: object) =>
      s3.send(new PutObjectCommand({ Bucket, Key: 'once', Body, ...condition }));
    const races = await Promise.allSettled(['a', 'b', 'c'].map((Body) => put(Body, { IfNoneMatch: '*' })));
    expect(races.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(races.flatMap((race) => (race.status === 'rejected' ? [(race.reason as Error).name] : []))).toEqual([
      'PreconditionFailed',
      'PreconditionFailed',
    ]);
    const { ETag } = await s3.send(new HeadObjectCommand({ Bucket, Key: 'once' }));
    await put('new', { IfMatch: ETag });
    await expect(put('newer', { IfMatch: ETag })).rejects.toMatchObject({ name: 'PreconditionFailed' });
    expect((await read('once')).toString()).toBe('new');
  });

  test('refuses a body that is not the signed one, and one that is not what its checksum says', async () => {
    const { cloud, s3 } = await withBucket();
    const path = `/${Bucket}/k`;
    const put = async (body: string, sent: string, headers: Record<string, string> = {}) =>
      raw(cloud.endpoint, {
        method: 'PUT',
        path,
        body: sent,
        headers: await signed(cloud, {
          service: 's3',
          method: 'PUT',
          path,
          body,
          headers: { 'x-amz-content-sha256': sha256(body), ...headers },
        }),
      });
    expect(await put('good', 'evil')).toMatchObject({
      status: 400,
      body: expect.stringContaining('XAmzContentSHA256Mismatch'),
    });
    expect(await put('good', 'good', { 'x-amz-checksum-crc32': 'AAAAAA==' })).toMatchObject({
      status: 400,
      body: expect.stringContaining('BadDigest'),
    });
    expect(
      await put('good', 'good', { 'content-md5': createHash('md5').update('bad').digest('base64') }),
    ).toMatchObject({ status: 400, body: expect.stringContaining('BadDigest') });
    expect(await put('good', 'good', { 'x-amz-content-sha256': 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD' })).toMatchObject({
      status: 501,
    });
    await expect(s3.send(new HeadObjectCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({ name: 'NotFound' });
    expect(await put('good', 'good')).toMatchObject({ status: 200 });
  });

  test('says that it has no tagging rather than answering with the object', async () => {
    const { s3 } = await withBucket();
    await s3.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'x' }));
    await expect(s3.send(new GetObjectTaggingCommand({ Bucket, Key: 'k' }))).rejects.toMatchObject({
      name: 'NotImplemented',
    });
  });

  test('serves presigned URLs to curl until they expire, and no others', async ({ skip }) => {
    try {
      execFileSync('curl', ['--version']);
    } catch {
      skip('curl is not installed here');
    }
    const clock = new ManualClock();
    const { s3 } = await withBucket({ clock });
    await s3.send(new PutObjectCommand({ Bucket, Key: 'b/worker 1.mjs', Body: 'export {};\n' }));
    const url = await getSignedUrl(s3, new GetObjectCommand({ Bucket, Key: 'b/worker 1.mjs' }), { expiresIn: 60 });
    expect(await curl(url)).toBe('export {};\n|200');
    expect(await curl(url.replace('worker', 'master'))).toMatch(/SignatureDoesNotMatch[^|]*\|403$/);
    expect(await curl(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'))).toMatch(/\|403$/);
    expect(await curl(url, '-X', 'DELETE')).toMatch(/\|403$/);
    expect(await curl(url, '-H', 'Origin: http://attacker.example')).toMatch(/\|403$/);
    const upload = await getSignedUrl(s3, new PutObjectCommand({ Bucket, Key: 'up' }), { expiresIn: 60 });
    expect(await curl(upload, '-X', 'PUT', '--data-binary', 'from curl')).toMatch(/\|200$/);
    clock.advance(61_000);
    expect(await curl(url)).toMatch(/Request has expired[^|]*\|403$/);
  });
});

describe('aws-chunked bodies', () => {
  test('decode to what was encoded, whatever the chunks', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ minLength: 1, maxLength: 50 })), (chunks) => {
        const encoded = Buffer.concat([
          ...chunks.flatMap((chunk) => [Buffer.from(`${chunk.length.toString(16)}\r\n`), chunk, Buffer.from('\r\n')]),
          Buffer.from('0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n'),
        ]);
        const { body, trailers } = decodeAwsChunked(encoded, undefined);
        expect(body.equals(Buffer.concat(chunks))).toBe(true);
        expect(trailers.get('x-amz-checksum-crc32')).toBe('AAAAAA==');
      }),
    );
  });

  test('are refused when anything about them is wrong, and never crash the decoder', () => {
    for (const text of ['', '5\r\nabc', '3\r\nabcd\r\n0\r\n\r\n', 'zz\r\n', '-1\r\n\r\n', '3\r\nabc\r\n']) {
      expect(() => decodeAwsChunked(Buffer.from(text), undefined)).toThrow(/malformed/);
    }
    expect(() => decodeAwsChunked(Buffer.from('1\r\na\r\n0\r\n\r\n'), 2)).toThrow(/says 2 bytes, the chunks hold 1/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        try {
          decodeAwsChunked(Buffer.from(bytes), undefined);
        } catch (error) {
          expect(error).toMatchObject({ _tag: 'AwsError' });
        }
      }),
    );
  });
});

describe('SQS', () => {
  test('names queues by URLs that lead back here, and moves messages through them', async () => {
    const { cloud, sqs } = await cloudForTest();
    expect((await sqs.send(new ListQueuesCommand({}))).QueueUrls).toBeUndefined();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'JobToWorker' }));
    expect(QueueUrl).toBe(`${cloud.endpoint}/000000000000/JobToWorker`);
    expect((await sqs.send(new GetQueueUrlCommand({ QueueName: 'JobToWorker' }))).QueueUrl).toBe(QueueUrl);
    expect((await sqs.send(new ListQueuesCommand({ QueueNamePrefix: 'Job' }))).QueueUrls).toEqual([QueueUrl]);
    const bodies = ['{"v":1}', 'ä "quoted" \\ + %20', 'x'.repeat(200_000)];
    await sqs.send(
      new SendMessageBatchCommand({
        QueueUrl,
        Entries: bodies.map((MessageBody, index) => ({ Id: String(index), MessageBody })),
      }),
    );
    const { Messages } = await sqs.send(
      new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageSystemAttributeNames: ['ApproximateReceiveCount'],
      }),
    );
    expect(Messages!.map(({ Body }) => Body).sort()).toEqual(bodies.toSorted());
    expect(Messages![0]!.Attributes).toEqual({ ApproximateReceiveCount: '1' });
    await sqs.send(
      new DeleteMessageBatchCommand({
        QueueUrl,
        Entries: Messages!.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle })),
      }),
    );
    const { Attributes } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
    expect(Attributes).toMatchObject({ ApproximateNumberOfMessages: '0', ApproximateNumberOfMessagesNotVisible: '0' });
  });

  test('counts a message as waiting when its visibility is over, though nobody receives', async () => {
    const { sqs } = await cloudForTest();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'Left' }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'of a dead worker' }));
    const counts = async () => {
      const { Attributes = {} } = await sqs.send(new GetQueueAttributesCommand({ QueueUrl, AttributeNames: ['All'] }));
      return [Attributes['ApproximateNumberOfMessages'], Attributes['ApproximateNumberOfMessagesNotVisible']];
    };
    await sqs.send(new ReceiveMessageCommand({ QueueUrl, VisibilityTimeout: 1 }));
    expect(await counts()).toEqual(['0', '1']);
    await expect.poll(counts, { timeout: 10_000 }).toEqual(['1', '0']);
  });

  test('moves a message that was received too often to the dead-letter queue', async () => {
    const { sqs } = await cloudForTest();
    const { QueueUrl: dead } = await sqs.send(new CreateQueueCommand({ QueueName: 'Dead' }));
    const { Attributes } = await sqs.send(
      new GetQueueAttributesCommand({ QueueUrl: dead, AttributeNames: ['QueueArn'] }),
    );
    const RedrivePolicy = JSON.stringify({ deadLetterTargetArn: Attributes!['QueueArn'], maxReceiveCount: 2 });
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'Live', Attributes: { RedrivePolicy } }));
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'poison' }));
    for (let time = 0; time < 2; time++) {
      const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl }));
      await sqs.send(
        new ChangeMessageVisibilityCommand({
          QueueUrl,
          ReceiptHandle: Messages![0]!.ReceiptHandle,
          VisibilityTimeout: 0,
        }),
      );
    }
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl }))).Messages).toBeUndefined();
    expect((await sqs.send(new ReceiveMessageCommand({ QueueUrl: dead }))).Messages![0]!.Body).toBe('poison');
  });

  test('gives a message to somebody else when the one who waited for it has hung up', async () => {
    const { sqs } = await cloudForTest();
    const { QueueUrl } = await sqs.send(new CreateQueueCommand({ QueueName: 'Q' }));
    const gone = new AbortController();
    const waiting = sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 20 }), {
      abortSignal: gone.signal,
    });
    await sqs.send(new GetQueueAttributesCommand({ QueueUrl }));
    gone.abort();
    await expect(waiting).rejects.toMatchObject({ name: 'AbortError' });
    await sleep(50);
    await sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'for the living' }));
    const { Messages } = await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 5 }));
    expect(Messages![0]!.Body).toBe('for the living');
  });
});
