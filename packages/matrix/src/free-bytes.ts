import { statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from './file-errors.ts';

/** Bytes that an ordinary user may still write to the disk that holds `path`, or will hold it once it is made. */
export async function freeBytes(path: string): Promise<number> {
  try {
    const disk = await statfs(path);
    return disk.bavail * disk.bsize;
  } catch (error) {
    const up = dirname(path);
    if (codeOf(error) !== 'ENOENT' || up === path) throw error;
    return freeBytes(up);
  }
}
