import type { BucketLocationConstraint, S3Client } from '@aws-sdk/client-s3';
import type { ClusterName } from '@tessera/protocol';
import { awsCode } from './aws-code.ts';
import { AwsError, BucketNotEmptiedError } from './errors.ts';
import { S3_DELETE_OBJECTS } from './limits.ts';
import { callAws, type SendOptions } from './retry.ts';
import type { World } from './world.ts';

/** A fleet's bucket, and whether it was there. */
export interface EnsuredBucket {
  readonly outcome: 'found' | 'created';
  readonly bucket: string;
}

/** Days after which what jobs left in the bucket is deleted. */
const JOB_DAYS = 30;

/**
 * Finds the bucket `tessera-<cluster>-<8 hex digits>` of this account and region, or makes it. One that is made can be
 * used at once: `settled` resolves when it is closed to the public and its jobs expire.
 */
export async function ensureBucket(
  s3: S3Client,
  world: World,
  cluster: ClusterName,
): Promise<EnsuredBucket & { readonly settled: Promise<void> }> {
  const found = await findBucket(s3, world, cluster);
  if (found !== undefined) return { outcome: 'found', bucket: found, settled: Promise.resolve() };
  const bucket = await createBucket(s3, world, cluster);
  return { outcome: 'created', bucket, settled: settle(s3, world, bucket) };
}

/** The fleet's bucket in the clients' region, the first by name where there are several. */
export async function findBucket(s3: S3Client, world: World, cluster: ClusterName): Promise<string | undefined> {
  const { ListBucketsCommand } = await import('./aws/s3.ts');
  const region = await s3.config.region();
  const Prefix = `tessera-${cluster}-`;
  const names: string[] = [];
  let ContinuationToken: string | undefined;
  do {
    const command = new ListBucketsCommand(
      ContinuationToken === undefined ? { Prefix } : { Prefix, ContinuationToken },
    );
    const page = await callAws(world, (send) => s3.send(command, send));
    for (const { Name, BucketRegion } of page.Buckets ?? []) {
      // Not every endpoint heeds the prefix, and a cluster's name may be the beginning of another's.
      if (Name === undefined || !Name.startsWith(Prefix) || !/^[0-9a-f]{8}$/.test(Name.slice(Prefix.length))) continue;
      if (BucketRegion === undefined || BucketRegion === region) names.push(Name);
    }
    ContinuationToken = page.ContinuationToken || undefined;
  } while (ContinuationToken !== undefined);
  return names.sort()[0];
}

async function createBucket(s3: S3Client, world: World, cluster: ClusterName): Promise<string> {
  const { CreateBucketCommand } = await import('./aws/s3.ts');
  const region = await s3.config.region();
  const suffix = Array.from({ length: 8 }, () => Math.floor(world.random() * 16).toString(16)).join('');
  const Bucket = `tessera-${cluster}-${suffix}`;
  const place =
    region === 'us-east-1' // which has no name as a place
      ? {}
      : { CreateBucketConfiguration: { LocationConstraint: region as BucketLocationConstraint } };
  try {
    await callAws(world, (send) => s3.send(new CreateBucketCommand({ Bucket, ...place }), send));
  } catch (error) {
    // The answer to an earlier try of this request was lost.
    if (awsCode(error) !== 'BucketAlreadyOwnedByYou') throw error;
  }
  return Bucket;
}

async function settle(s3: S3Client, world: World, Bucket: string): Promise<void> {
  const { PutBucketLifecycleConfigurationCommand, PutPublicAccessBlockCommand } = await import('./aws/s3.ts');
  const closed = {
    BlockPublicAcls: true,
    BlockPublicPolicy: true,
    IgnorePublicAcls: true,
    RestrictPublicBuckets: true,
  };
  const expire = {
    Rules: [
      { ID: 'expire-jobs', Status: 'Enabled' as const, Filter: { Prefix: 'jobs/' }, Expiration: { Days: JOB_DAYS } },
      {
        ID: 'abort-uploads',
        Status: 'Enabled' as const,
        Filter: { Prefix: '' },
        AbortIncompleteMultipartUpload: { DaysAfterInitiation: 7 },
      },
    ],
  };
  // AWS closes new buckets by itself, and expiry only saves money: neither is worth failing for.
  await Promise.all([
    bestEffort(world, (send) =>
      s3.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration: closed }), send),
    ),
    bestEffort(world, (send) =>
      s3.send(new PutBucketLifecycleConfigurationCommand({ Bucket, LifecycleConfiguration: expire }), send),
    ),
  ]);
}

/** Deletes a bucket and everything in it. One that is gone already is fine. */
export async function deleteBucket(s3: S3Client, world: World, Bucket: string): Promise<void> {
  const { DeleteBucketCommand, DeleteObjectsCommand, ListObjectsV2Command } = await import('./aws/s3.ts');
  try {
    for (;;) {
      const command = new ListObjectsV2Command({ Bucket, MaxKeys: S3_DELETE_OBJECTS });
      const page = await callAws(world, (send) => s3.send(command, send), ['NoSuchBucket']);
      const Objects = (page.Contents ?? []).map(({ Key }) => ({ Key: Key! }));
      if (Objects.length === 0) break;
      const answer = await callAws(world, (send) =>
        s3.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects, Quiet: true } }), send),
      );
      const refused = answer.Errors?.[0];
      if (refused !== undefined) throw new BucketNotEmptiedError(Bucket, refused.Key ?? '', refused.Code ?? '');
    }
    await callAws(world, (send) => s3.send(new DeleteBucketCommand({ Bucket }), send), ['NoSuchBucket']);
  } catch (error) {
    if (awsCode(error) !== 'NoSuchBucket') throw error;
  }
}

async function bestEffort(world: World, call: (options: SendOptions) => Promise<unknown>): Promise<void> {
  try {
    await callAws(world, call);
  } catch (error) {
    world.signal?.throwIfAborted();
    if (!(error instanceof AwsError)) throw error;
  }
}
