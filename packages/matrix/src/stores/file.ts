import { randomUUID } from 'node:crypto';
import { open, mkdir, readdir, rename, rm, stat, unlink } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { tileMemory } from '../memory/tile-memory.ts';
import { checkKey, checkPrefix, TEMPORARY } from './key.ts';
import type { CallOptions, Listed, Store } from './store.ts';

/**
 * A store in a directory, which is made at the first `set`. A value is written to a temporary name beside its key and
 * renamed, so readers, other processes included, see all of it or none.
 */
export function fileStore(directory: string): Store {
  const known = new Set<string>();
  const pathOf = (key: string, options?: CallOptions) => {
    checkKey(key);
    options?.signal?.throwIfAborted();
    return join(directory, key);
  };

  async function* list(prefix: string, options?: CallOptions): AsyncGenerator<Listed> {
    checkPrefix(prefix);
    options?.signal?.throwIfAborted();
    const entries = await orMissing(readdir(join(directory, prefix), { withFileTypes: true }));
    for (const entry of entries ?? []) {
      if (entry.name.startsWith(TEMPORARY)) continue;
      const key = prefix === '' ? entry.name : `${prefix}/${entry.name}`;
      if (entry.isDirectory()) {
        yield* list(key, options);
        continue;
      }
      // Missing: it was removed since the folder was read.
      const found = await orMissing(stat(join(directory, key)));
      if (found) yield { key, size: found.size };
    }
  }

  async function write(
    key: string,
    pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
    options?: CallOptions,
  ): Promise<void> {
    const path = pathOf(key, options);
    const folder = dirname(path);
    const temporary = join(folder, `${TEMPORARY}${randomUUID()}`);
    const file = await openNew(temporary, folder, known);
    try {
      await writeAll(file, pieces, options);
      await file.close();
      options?.signal?.throwIfAborted();
      await rename(temporary, path);
    } catch (error) {
      await file.close().catch(() => undefined);
      await unlink(temporary).catch(() => undefined);
      throw error;
    }
  }

  return {
    async get(key, options) {
      return withFile(pathOf(key, options), async (file) => {
        const { size } = await file.stat();
        return readFrom(file, 0, size, options);
      });
    },
    async getRange(key, offset, length, options) {
      return withFile(pathOf(key, options), async (file) => {
        const { size } = await file.stat();
        return readFrom(file, offset, Math.max(0, Math.min(length, size - offset)), options);
      });
    },
    async set(key, bytes, options) {
      await write(key, bytes instanceof Uint8Array ? [bytes] : bytes, options);
    },
    setFrom: write,
    localPath: (key) => pathOf(key),
    async has(key, options) {
      return (await orMissing(stat(pathOf(key, options))))?.isFile() ?? false;
    },
    async size(key, options) {
      const found = await orMissing(stat(pathOf(key, options)));
      return found?.isFile() ? found.size : undefined;
    },
    list,
    async delete(key, options) {
      await orMissing(unlink(pathOf(key, options)));
    },
    async deleteAll(prefix, options) {
      checkPrefix(prefix);
      options?.signal?.throwIfAborted();
      known.clear();
      await rm(join(directory, prefix), { recursive: true, force: true });
    },
  };
}

/** Makes the folder at the first write into it, and again if somebody removed it since. */
async function openNew(temporary: string, folder: string, known: Set<string>): Promise<FileHandle> {
  if (known.has(folder)) {
    const file = await orMissing(open(temporary, 'wx'));
    if (file) return file;
  }
  await mkdir(folder, { recursive: true });
  known.add(folder);
  return open(temporary, 'wx');
}

/** Shared memory, so that a chunk that is read becomes a tile without a copy. */
async function readFrom(file: FileHandle, offset: number, length: number, options?: CallOptions): Promise<Uint8Array> {
  const bytes = new Uint8Array(tileMemory.take(length), 0, length);
  let at = 0;
  while (at < length) {
    options?.signal?.throwIfAborted();
    const { bytesRead } = await file.read(bytes, at, length - at, offset + at);
    if (bytesRead === 0) return bytes.subarray(0, at);
    at += bytesRead;
  }
  return bytes;
}

async function writeAll(
  file: FileHandle,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  options?: CallOptions,
): Promise<void> {
  let position = 0;
  for await (const piece of pieces) {
    options?.signal?.throwIfAborted();
    for (let at = 0; at < piece.byteLength;) {
      const { bytesWritten } = await file.write(piece, at, piece.byteLength - at, position);
      at += bytesWritten;
      position += bytesWritten;
    }
  }
}

/** `undefined` for a missing file, or for a folder, which is no value. */
async function withFile(path: string, use: (file: FileHandle) => Promise<Uint8Array>): Promise<Uint8Array | undefined> {
  const file = await orMissing(open(path, 'r'));
  if (!file) return undefined;
  try {
    return await use(file);
  } catch (error) {
    if (codeOf(error) === 'EISDIR') return undefined;
    throw error;
  } finally {
    await file.close();
  }
}

async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
