import { isChunked, type ArrayCallOptions, type MatrixArray } from '../array.ts';
import { gridOf } from '../chunk-grid.ts';
import { loadCrc32c } from '../crc32c.ts';
import type { MappedTile } from '../mapped.ts';
import type { Region, Shape, Tile } from '../tile.ts';
import { RunningChecksums } from './running-checksums.ts';

/** Reads of one array whose chunks are noted by their checksums. */
export interface CheckedReads {
  read(region: Region, options?: ArrayCallOptions): Promise<Tile>;
  /** `map` of the array, but for regions whose rows lie apart. */
  map(region: Region, mostBytes: number, options?: ArrayCallOptions): Promise<MappedTile | undefined>;
}

/**
 * Reads of an array that tell the CRC-32C of each chunk that they met whole: the stored one, which reading compares
 * anyway, where the array is stored in these chunks; else that of what was read, for which see `RunningChecksums`.
 * @param found told a chunk's number, from left to right and then downwards, and its checksum; maybe more than once
 */
export function checkedReads(
  array: MatrixArray,
  chunk: Shape,
  found: (index: number, crc32c: number) => void,
): CheckedReads {
  let running: RunningChecksums | undefined;
  const saw = async (region: Region, tile: Tile) => {
    const crc32c = await loadCrc32c();
    running ??= new RunningChecksums(array, chunk, crc32c);
    running.add(region, tile, found);
  };
  if (isChunked(array) && array.chunk[0] === chunk[0] && array.chunk[1] === chunk[1]) {
    const [, cols] = gridOf(array.shape, chunk);
    const checksum = (r: number, c: number, crc32c: number) => found(r * cols + c, crc32c);
    return {
      read: (region, options) => array.read(region, { ...options, checksum }),
      map: async (region, mostBytes, options) => array.map?.(region, mostBytes, { ...options, checksum }),
    };
  }
  return {
    async read(region, options) {
      const tile = await array.read(region, options);
      await saw(region, tile);
      return tile;
    },
    async map(region, mostBytes, options) {
      const tile = await array.map?.(region, mostBytes, options);
      if (!tile) return undefined;
      if (tile.rows > 1 && tile.stride !== tile.cols) {
        tile.unmap();
        return undefined;
      }
      try {
        await saw(region, tile);
        return tile;
      } catch (error) {
        tile.unmap();
        throw error;
      }
    },
  };
}
