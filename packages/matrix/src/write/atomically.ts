import { randomUUID } from 'node:crypto';
import { rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TEMPORARY } from '../stores/key.ts';

export interface AtomicOptions {
  readonly signal?: AbortSignal | undefined;
  /** Name of what is not whole yet, for callers who would have to remove it if they end at once; beside the place. */
  readonly temporary?: string | undefined;
}

/**
 * Makes a file or folder whole or not at all: `make` builds it under a temporary name beside `path`, and it is renamed
 * once that has succeeded; when it fails or is aborted nothing is left. What was at `path` is replaced at the end.
 */
export async function atomically<T>(
  path: string,
  make: (temporary: string) => Promise<T>,
  options: AtomicOptions = {},
): Promise<T> {
  const { signal } = options;
  const temporary = options.temporary ?? join(dirname(path), `${TEMPORARY}${randomUUID()}-${basename(path)}`);
  try {
    signal?.throwIfAborted();
    // Of one who was killed.
    if (options.temporary !== undefined) await rm(temporary, { recursive: true, force: true });
    const result = await make(temporary);
    signal?.throwIfAborted();
    await replace(temporary, path);
    return result;
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** A file replaces a file in one step; a folder that is in the way has to be moved aside first. */
async function replace(temporary: string, path: string): Promise<void> {
  try {
    await rename(temporary, path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
    const old = `${temporary}-old`;
    await rename(path, old);
    try {
      await rename(temporary, path);
    } catch (failure) {
      await rename(old, path);
      throw failure;
    }
    await rm(old, { recursive: true, force: true });
  }
}
