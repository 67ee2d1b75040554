import type { PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { awsCode, awsStatus } from '../aws-code.ts';
import { callAws } from '../retry.ts';
import type { World } from '../world.ts';
import type { Artifact } from './artifact.ts';
import { artifactKey } from './bundle.ts';

/**
 * Puts artifacts into the bucket under their hashes, those that are absent. S3 checks the hash of what arrives.
 * @param isNew whether the bucket was made just now: nothing is there, so nothing is looked for
 * @returns names of those that were uploaded
 */
export async function uploadArtifacts(
  s3: S3Client,
  world: World,
  bucket: string,
  artifacts: readonly Artifact[],
  isNew = false,
): Promise<string[]> {
  const byKey = new Map(artifacts.map((artifact) => [artifactKey(artifact), artifact]));
  const uploaded = await Promise.all(
    [...byKey].map(async ([key, artifact]) =>
      (await put(s3, world, bucket, key, artifact, isNew)) ? [artifact.name] : [],
    ),
  );
  return uploaded.flat();
}

async function put(
  s3: S3Client,
  world: World,
  bucket: string,
  key: string,
  artifact: Artifact,
  isNew: boolean,
): Promise<boolean> {
  const { PutObjectCommand } = await import('../aws/s3.ts');
  if (!isNew && (await exists(s3, world, bucket, key))) return false;
  const body = artifact.content instanceof Uint8Array ? artifact.content : await readWhole(artifact.content.path);
  const request = {
    Bucket: bucket,
    Key: key,
    Body: body,
    ChecksumSHA256: Buffer.from(artifact.sha256, 'hex').toString('base64'),
    // Two people may bring the same artifact at once; the second finds it there.
    IfNoneMatch: '*',
  };
  try {
    await callAws(world, (send) => s3.send(signedAs(new PutObjectCommand(request), artifact.sha256), send));
  } catch (error) {
    if (awsCode(error) !== 'PreconditionFailed') throw error;
    return false;
  }
  return true;
}

/** The command, its body's hash in the signature: it is known, and the client would compute it once more. */
function signedAs(command: PutObjectCommand, sha256: string): PutObjectCommand {
  command.middlewareStack.add(
    (next) => (args) => {
      (args.request as { headers: Record<string, string> }).headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'knownContentHash' },
  );
  return command;
}

async function exists(s3: S3Client, world: World, Bucket: string, Key: string): Promise<boolean> {
  const { HeadObjectCommand } = await import('../aws/s3.ts');
  try {
    await callAws(world, (send) => s3.send(new HeadObjectCommand({ Bucket, Key }), send));
    return true;
  } catch (error) {
    // An answer to HEAD has no body, so its status is all that it says.
    if (awsCode(error) === 'NotFound' || awsStatus((error as Error).cause) === 404) return false;
    throw error;
  }
}

/** Whole, for S3 checks an upload of known length and a program is at most some megabytes. */
async function readWhole(path: string): Promise<Uint8Array> {
  const { readFile } = await import('node:fs/promises');
  return readFile(path);
}
