import { countRead, countWritten, newTraffic } from '../array.ts';
import type { ArrayCallOptions, ArrayContext, ChunkedArray } from '../array.ts';
import { forEachBounded } from '../bounded.ts';
import { chunkRegion, coversWholeChunks, gridOf, overlaps } from '../chunk-grid.ts';
import { loadCrc32c } from '../crc32c.ts';
import { MissingTileError, PartialChunkError, RegionError } from '../errors.ts';
import type { Store } from '../stores/store.ts';
import { checkRegion, checkTile, copyRegion, recycle, scratchTile } from '../tile.ts';
import type { Region, Tile } from '../tile.ts';
import { chunkBytes, decodeChunk, encodeChunk, storedChecksum } from './chunk-bytes.ts';
import { chunkMapper, copyMapped } from './map-chunk.ts';
import type { OwnArray } from './metadata.ts';

/** Chunks of one region that are read or written at once. */
const IN_FLIGHT = 8;

/** A Zarr v3 array in Tessera's own layout, over the store that holds its `zarr.json`. */
export function ownArray(
  url: string,
  store: Store,
  { shape, dtype, chunk }: OwnArray,
  { mapFile }: Pick<ArrayContext, 'mapFile'> = {},
): ChunkedArray {
  const layout = { url, dtype, chunk };
  const grid = gridOf(shape, chunk);
  const traffic = newTraffic();
  const keyOf = (r: number, c: number) => {
    if (Number.isInteger(r) && Number.isInteger(c) && r >= 0 && c >= 0 && r < grid[0] && c < grid[1])
      return `c/${r}/${c}`;
    throw new RegionError(`Chunk ${r},${c} isn't in ${url}, which has ${grid[0]}x${grid[1]} chunks.`);
  };

  const plain = { dtype, chunk, hasChecksum: true, key: keyOf };
  const map = chunkMapper({ url, shape, plain, traffic }, store, mapFile);

  async function readChunk(r: number, c: number, options?: ArrayCallOptions): Promise<Tile | undefined> {
    const [bytes, crc32c] = await Promise.all([store.get(keyOf(r, c), options), loadCrc32c()]);
    if (!bytes) return undefined;
    countRead(bytes.byteLength, traffic, options);
    const tile = decodeChunk(layout, [r, c], chunkRegion(shape, chunk, r, c), bytes, crc32c);
    options?.checksum?.(r, c, storedChecksum(bytes));
    return tile;
  }

  async function writeChunk(r: number, c: number, tile: Tile, options?: ArrayCallOptions): Promise<void> {
    const key = keyOf(r, c);
    const pieces = encodeChunk(layout, chunkRegion(shape, chunk, r, c), tile, await loadCrc32c());
    await store.set(key, pieces, options);
    countWritten(
      pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
      traffic,
      options,
    );
  }

  async function stored(r: number, c: number, options?: ArrayCallOptions): Promise<Tile> {
    const tile = await readChunk(r, c, options);
    if (!tile) throw new MissingTileError(url, [r, c]);
    return tile;
  }

  return {
    url,
    format: 'zarr',
    shape,
    dtype,
    chunk,
    traffic,
    ...(map && { map }),
    readChunk,
    writeChunk,
    async *storedChunks(options) {
      for await (const { key, size } of store.list('c', options)) {
        const match = /^c\/(\d+)\/(\d+)$/.exec(key);
        const [r, c] = [Number(match?.[1]), Number(match?.[2])];
        if (size === chunkBytes(layout) && r < grid[0] && c < grid[1]) yield [r, c];
      }
    },
    async read(region, options) {
      checkRegion(region, shape, url);
      const pieces = [...overlaps(region, chunk)];
      const [only] = pieces;
      if (only && pieces.length === 1 && coversWholeChunks(region, shape, chunk))
        return stored(only.r, only.c, options);
      const target = scratchTile(dtype, region.rows, region.cols);
      await forEachBounded(pieces, IN_FLIGHT, async ({ r, c, region: part }) => {
        if (await copyMapped(map, part, region, target, options)) return;
        const tile = await stored(r, c, options);
        const from = { ...part, row: part.row - r * chunk[0], col: part.col - c * chunk[1] };
        copyRegion(tile, from, target, { row: part.row - region.row, col: part.col - region.col });
        recycle(tile);
      });
      return target;
    },
    async write(region, tile, options) {
      checkRegion(region, shape, url);
      checkTile(tile, region, dtype, url);
      if (!coversWholeChunks(region, shape, chunk)) {
        throw new PartialChunkError(
          `Region ${region.rows}x${region.cols} at ${region.row},${region.col} cuts through chunks of ` +
            `${chunk[0]}x${chunk[1]} of ${url}. Write whole chunks.`,
        );
      }
      await forEachBounded(overlaps(region, chunk), IN_FLIGHT, async ({ r, c, region: part }) => {
        const piece = cut(tile, region, part);
        await writeChunk(r, c, piece, options);
        if (piece.data.buffer !== tile.data.buffer) recycle(piece);
      });
    },
    async close() {},
  };
}

function cut(tile: Tile, region: Region, part: Region): Tile {
  const from = { ...part, row: part.row - region.row, col: part.col - region.col };
  const { dtype } = tile;
  const { rows, cols } = part;
  if (cols === tile.cols) {
    return { dtype, rows, cols, data: tile.data.subarray(from.row * cols, (from.row + rows) * cols) };
  }
  const piece = scratchTile(dtype, rows, cols);
  copyRegion(tile, from, piece, { row: 0, col: 0 });
  return piece;
}
