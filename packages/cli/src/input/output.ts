import { accessSync, constants, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { UsageError } from '../errors.ts';

/** Where the result is wanted. */
export interface Output {
  readonly format: 'npy' | 'csv' | 'csv.gz' | 'zarr';
  /** Absolute. */
  readonly path: string;
  readonly folder: string;
  readonly name: string;
}

const FORMATS = ['npy', 'csv.gz', 'csv', 'zarr'] as const;

/**
 * Reads `--out` and looks whether it can be written, so that nobody waits for a result that has no place.
 * @throws UsageError
 */
export function readOutput(cwd: string, text: string): Output {
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) {
    throw new UsageError(`--out must be a path on this machine, but is '${text}'; results in a bucket need no --out`);
  }
  const path = resolve(cwd, text);
  const name = basename(path);
  const format = FORMATS.find((extension) => name.toLowerCase().endsWith(`.${extension}`));
  if (format === undefined || name.length === format.length + 1 || (text.endsWith('/') && format !== 'zarr')) {
    throw new UsageError(`--out must end in a name with .npy, .csv, .csv.gz or .zarr, but is '${text}'`);
  }
  const folder = dirname(path);
  checkFolder(folder, text);
  checkTarget(path, format);
  return { format, path, folder, name };
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
