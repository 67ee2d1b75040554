import { createHash, hash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
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
  return { name, sha256: sha256(content), content };
}

/**
 * An artifact from a file, read once to hash it: again only after its size or time of change changed.
 * @throws SpecError for a name that is none; the file system's error where the file can't be read
 */
export async function artifactFromFile(path: string, name: string): Promise<Artifact> {
  checkName(name);
  const { size, mtimeMs } = await stat(path);
  const key = `${path}\n${size}\n${mtimeMs}`;
  let found = hashes.get(key);
  if (found === undefined) {
    found = hashFile(path, size);
    hashes.set(key, found);
    found.catch(() => hashes.delete(key));
  }
  return { name, sha256: await found, content: { path, size } };
}

const hashes = new Map<string, Promise<string>>();

/** Above this a file is hashed piece by piece, which takes longer but no memory. */
const HASHED_WHOLE_BYTES = 16 * 1024 ** 2;

async function hashFile(path: string, size: number): Promise<string> {
  if (size <= HASHED_WHOLE_BYTES) return sha256(await readFile(path));
  const running = createHash('sha256');
  for await (const piece of createReadStream(path, { highWaterMark: 1 << 20 })) running.update(piece as Buffer);
  return running.digest('hex');
}

function sha256(content: Uint8Array): string {
  return hash('sha256', content, 'hex');
}

function checkName(name: string): void {
  if (!ARTIFACT_NAME.test(name))
    throw new SpecError('artifact name', 'a file name of letters, digits, . _ and -', name);
}
