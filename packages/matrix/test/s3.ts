import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { buildApp } from 'fauxqs';
import { afterAll, beforeAll } from 'vitest';

/** An S3 of its own for each test file, on a free port of the loopback interface. */
export function localS3(bucket = 'tessera-test'): { client: () => S3Client; bucket: string } {
  let client: S3Client | undefined;
  const app = buildApp({ logger: false });
  beforeAll(async () => {
    const endpoint = await app.listen({ port: 0, host: '127.0.0.1' });
    const credentials = { accessKeyId: 'test', secretAccessKey: 'test' };
    client = new S3Client({ endpoint, region: 'us-east-1', forcePathStyle: true, credentials });
    await client.send(new CreateBucketCommand({ Bucket: bucket }));
  });
  afterAll(async () => {
    client?.destroy();
    await app.close();
  });
  return { client: () => client!, bucket };
}
