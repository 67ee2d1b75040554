import { NoSpaceError } from '../errors.ts';
import { freeBytes } from '../free-bytes.ts';

/** @throws NoSpaceError when the disk that holds `path`, or will hold it, has fewer than `bytes` free. */
export async function checkSpace(path: string, bytes: number): Promise<void> {
  const free = await freeBytes(path);
  if (free < bytes) throw new NoSpaceError(path, bytes, free);
}
