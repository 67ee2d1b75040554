import { readSync } from 'node:fs';
import type { MapFile } from '../src/index.ts';

/** Stands for mmap where there is no native code: shows a copy, and counts what is shown now. */
export function pretendedMapping(): { readonly mapFile: MapFile; shown(): number } {
  const shown = new Set<Uint8Array>();
  const mapFile: MapFile = (fd, position, length) => {
    const bytes = new Uint8Array(length);
    readSync(fd, bytes, 0, length, position);
    shown.add(bytes);
    return { bytes, unmap: () => shown.delete(bytes) };
  };
  return { mapFile, shown: () => shown.size };
}
