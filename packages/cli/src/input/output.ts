import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import type { StoreContext } from '@tessera/matrix';
import { UsageError } from '../errors.ts';

/** Where the result is wanted. */
export interface Output {
  readonly format: 'npy' | 'csv' | 'csv.gz' | 'zarr';
  /** Absolute, or an `s3://` URL. */
  readonly path: string;
  /** Null in a bucket. */
  readonly folder: string | null;
  readonly name: string;
}

const FORMATS = ['npy', 'csv.gz', 'csv', 'zarr'] as const;

/**
 * Reads `--out` and looks whether it can be written, so that nobody waits for a result that has no place.
 * @throws UsageError
 */
export function readOutput(cwd: string, text: string): Output {
  const isUrl = /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  if (isUrl && !/^s3:\/\/[a-z0-9][a-z0-9.-]+\/[^\s?#]+$/.test(text)) {
    throw new UsageError(
      `--out must be a path on this machine or s3://bucket/key without blanks, ? and #, but is '${text}'`,
    );
  }
  const path = isUrl ? text.replace(/\/+$/, '') : resolve(cwd, text);
  const name = basename(path);
  const format = FORMATS.find((extension) => name.toLowerCase().endsWith(`.${extension}`));
  if (format === undefined || name.length === format.length + 1 || (text.endsWith('/') && format !== 'zarr')) {
    throw new UsageError(`--out must end in a name with .npy, .csv, .csv.gz or .zarr, but is '${text}'`);
  }
  if (isUrl) return { format, path, folder: null, name };
  const folder = dirname(path);
  checkFolder(folder, text);
  checkTarget(path, format);
  return { format, path, folder, name };
}

/** @throws UsageError where the bucket of a result isn't there, or something else is where a Zarr array is wanted. */
export async function checkBucket({ path, format }: Output, context: StoreContext): Promise<void> {
  const { openStore } = await import('@tessera/matrix');
  const store = await openStore(path, context);
  try {
    for await (const _ of store.list('')) {
      if (format !== 'zarr' || (await store.has('zarr.json')) || (await store.has('.zarray'))) return;
      throw new UsageError(`--out ${path} exists and is not a Zarr array; name another`);
    }
  } catch (error) {
    if (error instanceof UsageError) throw error;
    if (error instanceof Error && error.name === 'NoSuchBucket') {
      throw new UsageError(`--out ${path}: there is no such bucket`, { cause: error });
    }
    // Who may not list may write all the same, but must not replace what nobody has looked at.
    if (format === 'zarr') throw error;
  }
}

function checkFolder(folder: string, text: string): void {
  const stat = statSync(folder, { throwIfNoEntry: false });
  if (stat === undefined) {
    throw new UsageError(`--out ${text}: the folder ${folder} does not exist; make it first or write elsewhere`);
  }
  if (!stat.isDirectory()) throw new UsageError(`--out ${text}: ${folder} is not a folder`);
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch {
    throw new UsageError(`--out ${text}: the folder ${folder} can't be written; write elsewhere`);
  }
}

/** An older result is replaced; anything else of that name is not. */
function checkTarget(path: string, format: Output['format']): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined) return;
  if (format !== 'zarr') {
    if (!stat.isFile()) throw new UsageError(`--out ${path} exists and is not a file; name another`);
    return;
  }
  const isZarr = stat.isDirectory() && statSync(`${path}/zarr.json`, { throwIfNoEntry: false })?.isFile() === true;
  if (!isZarr) throw new UsageError(`--out ${path} exists and is not a Zarr array; name another`);
}
