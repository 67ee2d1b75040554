import { isChunked, type ArrayCallOptions, type MatrixArray } from '../array.ts';
import { gridOf } from '../chunk-grid.ts';
import { loadCrc32c } from '../crc32c.ts';
import type { Region, Shape, Tile } from '../tile.ts';
import { RunningChecksums } from './running-checksums.ts';

/** Reads a region of one array. */
export type ReadRegion = (region: Region, options?: ArrayCallOptions) => Promise<Tile>;

/**
 * Reads of an array that tell the CRC-32C of each chunk that they met whole: the stored one, which reading compares
 * anyway, where the array is stored in these chunks; else that of what was read, for which see `RunningChecksums`.
 * @param found told a chunk's number, from left to right and then downwards, and its checksum; maybe more than once
 */
export function readChecked(
  array: MatrixArray,
  chunk: Shape,
  found: (index: number, crc32c: number) => void,
): ReadRegion {
  if (isChunked(array) && array.chunk[0] === chunk[0] && array.chunk[1] === chunk[1]) {
    const [, cols] = gridOf(array.shape, chunk);
    const checksum = (r: number, c: number, crc32c: number) => found(r * cols + c, crc32c);
    return (region, options) => array.read(region, { ...options, checksum });
  }
  let running: RunningChecksums | undefined;
  return async (region, options) => {
    const [tile, crc32c] = await Promise.all([array.read(region, options), loadCrc32c()]);
    running ??= new RunningChecksums(array, chunk, crc32c);
    running.add(region, tile, found);
    return tile;
  };
}
