import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { SpecError } from '../errors.ts';

/** A file that instances get. */
export interface Artifact {
  /** Its name on the instance: 1 to 100 of letters, digits, `.`, `_` and `-`, the first a letter or digit. */
  readonly name: string;
  /** Of its content, 64 hex digits. */
  readonly sha256: string;
  readonly content: { readonly path: string; readonly size: number } | Uint8Array;
}

/** Names that may stand in a shell script and an object key. */
export const ARTIFACT_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

/** An artifact from bytes in memory. @throws SpecError for a name that is none. */
export function artifactFromBytes(content: Uint8Array, name: string): Artifact {
  checkName(name);
  return { name, sha256: createHash('sha256').update(content).digest('hex'), content };
}

/**
 * An artifact from a file, read once to hash it: again only after its size or time of change changed.
 * @throws SpecError for a name that is none; the file system's error where the file can't be read
 */
export async function artifactFromFile(path: string, name: string): Promise<Artifact> {
  checkName(name);
  const { size, mtimeMs } = await stat(path);
  const key = `${path}\n${size}\n${mtimeMs}`;
  let hash = hashes.get(key);
  if (hash === undefined) {
    hash = hashFile(path);
    hashes.set(key, hash);
    hash.catch(() => hashes.delete(key));
  }
  return { name, sha256: await hash, content: { path, size } };
}

const hashes = new Map<string, Promise<string>>();

async function hashFile(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(piece as Buffer);
  return hash.digest('hex');
}

function checkName(name: string): void {
  if (!ARTIFACT_NAME.test(name))
    throw new SpecError('artifact name', 'a file name of letters, digits, . _ and -', name);
}
