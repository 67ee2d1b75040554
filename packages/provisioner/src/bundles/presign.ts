import type { S3Client } from '@aws-sdk/client-s3';
import { callAws } from '../retry.ts';
import type { World } from '../world.ts';
import { artifactKey, type Bundle } from './bundle.ts';

/** A bundle with a link to each of its files: all that an instance needs to install it, and no credential. */
export interface InstallPlan {
  readonly hash: string;
  readonly files: readonly { readonly name: string; readonly sha256: string; readonly url: string }[];
}

/** Seconds that the links hold: a command may wait ten minutes for its instance, and a slow one may retry. */
const LINK_SECONDS = 3_600;

/** Links to a bundle's files, signed with the caller's credentials. No request is made. */
export async function presignBundle(s3: S3Client, world: World, bucket: string, bundle: Bundle): Promise<InstallPlan> {
  const { GetObjectCommand, getSignedUrl } = await import('../aws/s3.ts');
  const files = await Promise.all(
    bundle.files.map(async ({ name, sha256 }) => {
      const command = new GetObjectCommand({ Bucket: bucket, Key: artifactKey({ name, sha256 }) });
      const url = await callAws(world, () => getSignedUrl(s3, command, { expiresIn: LINK_SECONDS }));
      return { name, sha256, url };
    }),
  );
  return { hash: bundle.hash, files };
}
