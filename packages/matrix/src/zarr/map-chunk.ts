import { countRead } from '../array.ts';
import type { ArrayCallOptions, MatrixArray, Traffic } from '../array.ts';
import { loadCrc32c } from '../crc32c.ts';
import { mapRegion, spanBytes } from '../mapped.ts';
import type { MapFile } from '../mapped.ts';
import { fileBytes } from '../npy/bytes.ts';
import type { Store } from '../stores/store.ts';
import { checkRegion, copyRegion, elementBytes } from '../tile.ts';
import type { Region, Shape, Tile } from '../tile.ts';
import { CHECKSUM_BYTES, storedChecksum } from './chunk-bytes.ts';
import type { PlainChunks } from './plain-chunks.ts';

interface MappableArray {
  readonly url: string;
  readonly shape: Shape;
  readonly plain: PlainChunks;
  readonly traffic: Traffic;
}

/**
 * `map` of an array whose chunks are files: shows regions that lie inside one chunk. A checksum is compared each time.
 * @returns undefined where nothing can be mapped
 */
export function chunkMapper(
  { url, shape, plain, traffic }: MappableArray,
  store: Store,
  mapFile: MapFile | undefined,
): MatrixArray['map'] {
  if (!mapFile || !store.localPath) return undefined;
  const { dtype, chunk, hasChecksum, key } = plain;
  const itemBytes = elementBytes(dtype);
  const layout = { dataOffset: 0, itemBytes, cols: chunk[1], name: url };
  const payloadBytes = chunk[0] * chunk[1] * itemBytes;
  const fileLength = payloadBytes + (hasChecksum ? CHECKSUM_BYTES : 0);
  return async (region, mostBytes, options) => {
    checkRegion(region, shape, url);
    const { r, c, inside } = placeIn(region, chunk);
    if (inside.row + inside.rows > chunk[0] || inside.col + inside.cols > chunk[1]) return undefined;
    if ((hasChecksum ? payloadBytes : spanBytes(layout, inside)) > mostBytes) return undefined;
    options?.signal?.throwIfAborted();
    const [source, crc32c] = await Promise.all([
      fileBytes(store.localPath!(key(r, c)), mapFile).catch(() => undefined),
      loadCrc32c(),
    ]);
    if (!source) return undefined;
    try {
      if (source.size !== fileLength) return undefined;
      let checksum: number | undefined;
      const verified = (position: number, bytes: number) => {
        const whole = source.map!(0, fileLength);
        if (!whole) return undefined;
        checksum = storedChecksum(whole.bytes);
        if (crc32c(whole.bytes.subarray(0, payloadBytes)) === checksum)
          return { ...whole, bytes: whole.bytes.subarray(position, position + bytes) };
        whole.unmap();
        return undefined;
      };
      const tile = mapRegion(hasChecksum ? verified : source.map!, dtype, layout, inside);
      if (!tile) return undefined;
      countRead(hasChecksum ? fileLength : region.rows * region.cols * itemBytes, traffic, options);
      if (checksum !== undefined) options?.checksum?.(r, c, checksum);
      return tile;
    } finally {
      // What is mapped stays when its file is closed (mmap, POSIX.1-2017).
      await source.close();
    }
  };
}

/**
 * Copies the part of a chunk that lies in `region` straight from its file to its place in the tile of that region.
 * @param part inside both, in the matrix's elements
 * @returns false where it can't be mapped: then it is to be read
 */
export async function copyMapped(
  map: MatrixArray['map'],
  part: Region,
  region: Region,
  target: Tile,
  options?: ArrayCallOptions,
): Promise<boolean> {
  const mapped = await map?.(part, Infinity, options);
  if (!mapped) return false;
  try {
    const from = { data: mapped.data, cols: mapped.stride };
    const place = { row: part.row - region.row, col: part.col - region.col };
    copyRegion(from, { ...part, row: 0, col: 0 }, target, place);
    return true;
  } finally {
    mapped.unmap();
  }
}

/** The chunk that a region begins in, and the region in that chunk's elements. */
function placeIn(region: Region, chunk: Shape): { r: number; c: number; inside: Region } {
  const [r, c] = [Math.floor(region.row / chunk[0]), Math.floor(region.col / chunk[1])];
  return { r, c, inside: { ...region, row: region.row - r * chunk[0], col: region.col - c * chunk[1] } };
}
