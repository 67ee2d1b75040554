import { randomUUID } from 'node:crypto';
import { open, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { ArrayContext, ArraySpec, MatrixArray } from '../array.ts';
import { ArrayExistsError, NoSpaceError, UnsupportedUrlError } from '../errors.ts';
import { freeBytes } from '../free-bytes.ts';
import { codeOf } from '../file-errors.ts';
import { locate } from '../location.ts';
import { TEMPORARY } from '../stores/key.ts';
import { elementBytes } from '../tile.ts';
import { formatHeader } from './header.ts';
import { inspectNpy, openNpy } from './open.ts';

/**
 * Makes an .npy of zeros on a local disk, to be written region by region, or opens the equal one that is already
 * there. The file takes disk space only as it is written, so the space is checked now.
 * @throws NoSpaceError, ArrayExistsError, UnsupportedUrlError on S3 (objects can't be written in place).
 */
export async function createNpy(url: string, spec: ArraySpec, context: ArrayContext = {}): Promise<MatrixArray> {
  const location = locate(url);
  if (location.scheme !== 'file') throw new UnsupportedUrlError(url, "an .npy on S3 can't be written piece by piece");
  const { path } = location;
  const header = formatHeader(spec.shape, spec.dtype);
  const bytes = header.byteLength + spec.shape[0] * spec.shape[1] * elementBytes(spec.dtype);
  const found = await existing(path, context);
  if (found === undefined) {
    const free = await freeBytes(path);
    if (free < bytes) throw new NoSpaceError(path, bytes, free);
    await place(path, header, bytes);
  } else if (found !== describe(spec)) throw new ArrayExistsError(path, found, describe(spec));
  return openNpy(url, context);
}

async function existing(path: string, context: ArrayContext): Promise<string | undefined> {
  try {
    const { shape, descr, fortranOrder } = await inspectNpy(path, context);
    if (descr.kind !== 'float' || descr.bigEndian || descr.itemBytes < 4 || fortranOrder) return 'another .npy';
    return describe({ shape, dtype: descr.dtype });
  } catch (error) {
    if (codeOfNotFound(error)) return undefined;
    throw error;
  }
}

/** Under a temporary name first, so that nobody opens a file whose header or length isn't there yet. */
async function place(path: string, header: Uint8Array, bytes: number): Promise<void> {
  const temporary = join(dirname(path), `${TEMPORARY}${randomUUID()}-${basename(path)}`);
  const file = await open(temporary, 'wx');
  try {
    await file.write(header, 0, header.byteLength, 0);
    await file.truncate(bytes);
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await unlink(temporary).catch(() => undefined);
    if (codeOf(error) === 'EFBIG' || codeOf(error) === 'ENOSPC')
      throw new NoSpaceError(path, bytes, await freeBytes(path));
    throw error;
  }
}

function codeOfNotFound(error: unknown): boolean {
  return error instanceof Error && '_tag' in error && error._tag === 'NotFoundError';
}

function describe({ shape, dtype }: ArraySpec): string {
  return `a ${shape[0]}x${shape[1]} matrix of ${dtype}`;
}
