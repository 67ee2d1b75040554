import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { NotWritableError } from '../errors.ts';
import { codeOf } from '../file-errors.ts';
import { formatOf, locate } from '../location.ts';
import type { Format } from '../location.ts';

/**
 * Whether a result can be written to `path`: its extension names a format, its folder exists and can be written, and
 * what is there already may be replaced. A bucket is not asked.
 * @throws UnknownExtensionError, NotWritableError, UnsupportedUrlError.
 */
export async function checkWritable(path: string): Promise<{ url: string; format: Format }> {
  const location = locate(path);
  const format = formatOf(location);
  if (location.scheme === 's3') return { url: location.url, format };
  const folder = dirname(location.path);
  const found = await kindOf(folder);
  if (found === 'nothing') throw new NotWritableError(location.path, `the folder ${folder} doesn't exist`);
  if (found !== 'a folder') throw new NotWritableError(location.path, `${folder} is ${found}, not a folder`);
  try {
    await access(folder, constants.W_OK | constants.X_OK);
  } catch (cause) {
    const reason = codeOf(cause) === 'EROFS' ? 'is on a read-only disk' : 'is not yours to write to';
    throw new NotWritableError(location.path, `the folder ${folder} ${reason}`, { cause });
  }
  await checkReplaceable(location.path, format);
  return { url: location.url, format };
}

async function checkReplaceable(path: string, format: Format): Promise<void> {
  const there = await kindOf(path);
  if (there === 'nothing') return;
  if (format !== 'zarr') {
    if (there !== 'a file') throw new NotWritableError(path, `it is ${there}`);
    return;
  }
  if (there !== 'a folder') throw new NotWritableError(path, `it is ${there}, and a Zarr array is a folder`);
  const isZarr =
    (await kindOf(join(path, 'zarr.json'))) === 'a file' || (await kindOf(join(path, '.zarray'))) === 'a file';
  // A folder of something else isn't ours to replace.
  if (!isZarr) throw new NotWritableError(path, `the folder ${basename(path)} is there and holds no Zarr array`);
}

async function kindOf(path: string): Promise<'nothing' | 'a file' | 'a folder' | 'something else'> {
  try {
    const found = await stat(path);
    if (found.isDirectory()) return 'a folder';
    return found.isFile() ? 'a file' : 'something else';
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'nothing';
    if (codeOf(error) === 'ENOTDIR') return 'nothing';
    if (codeOf(error) === 'EACCES') throw new NotWritableError(path, 'no permission to look there', { cause: error });
    throw error;
  }
}
