import type { Crc32c } from '../crc32c.ts';
import { CorruptTileError, RegionError } from '../errors.ts';
import { allocate, allocateTile, bytesOf, checkTile, copyRegion, elementBytes, viewElements } from '../tile.ts';
import type { DType, Elements, Region, Shape, Tile } from '../tile.ts';

/**
 * A stored chunk: the elements of the whole chunk, row-major, little-endian (all machines that Node 24 runs on are),
 * padded with zeros past the matrix's edge, then their CRC-32C as four bytes, little-endian
 * (zarr-specs.readthedocs.io/en/latest/v3/codecs/crc32c/).
 */
export interface ChunkLayout {
  readonly url: string;
  readonly dtype: DType;
  readonly chunk: Shape;
}

export const CHECKSUM_BYTES = 4;

/** The length of every stored chunk. */
export function chunkBytes({ dtype, chunk }: ChunkLayout): number {
  return chunk[0] * chunk[1] * elementBytes(dtype) + CHECKSUM_BYTES;
}

/** The pieces to store; the tile's own memory is one of them unless it needs padding. */
export function encodeChunk(layout: ChunkLayout, inside: Region, tile: Tile, crc32c: Crc32c): Uint8Array[] {
  checkTile(tile, inside, layout.dtype, layout.url);
  const [rows, cols] = layout.chunk;
  const payload = bytesOf(rows === tile.rows && cols === tile.cols ? tile.data : padded(tile, rows, cols));
  const checksum = new Uint8Array(CHECKSUM_BYTES);
  new DataView(checksum.buffer).setUint32(0, crc32c(payload), true);
  return [payload, checksum];
}

/**
 * The tile that the bytes hold, which takes over their memory where it can.
 * @throws CorruptTileError for a wrong length or checksum.
 */
export function decodeChunk(
  layout: ChunkLayout,
  at: readonly [number, number],
  inside: Region,
  bytes: Uint8Array,
  crc32c: Crc32c,
): Tile {
  const { url, dtype, chunk } = layout;
  const length = chunk[0] * chunk[1];
  const expected = chunkBytes(layout);
  if (bytes.byteLength !== expected) {
    throw new CorruptTileError(url, at, `expected ${expected} bytes, found ${bytes.byteLength}`);
  }
  const payloadBytes = expected - CHECKSUM_BYTES;
  const payload = bytes.subarray(0, payloadBytes);
  const stored = storedChecksum(bytes);
  const computed = crc32c(payload);
  if (stored !== computed) {
    throw new CorruptTileError(url, at, `its checksum is ${hex(computed)}, expected ${hex(stored)}`);
  }
  const data = asElements(dtype, payload, length);
  const { rows, cols } = inside;
  if (rows === chunk[0] && cols === chunk[1]) return { dtype, rows, cols, data };
  if (cols === chunk[1]) return { dtype, rows, cols, data: data.subarray(0, rows * cols) };
  const tile = allocateTile(dtype, rows, cols);
  copyRegion({ data, cols: chunk[1] }, { row: 0, col: 0, rows, cols }, tile, { row: 0, col: 0 });
  return tile;
}

/** The checksum at the end of a stored chunk. */
export function storedChecksum(bytes: Uint8Array): number {
  return new DataView(bytes.buffer, bytes.byteOffset + bytes.byteLength - CHECKSUM_BYTES, CHECKSUM_BYTES).getUint32(
    0,
    true,
  );
}

function padded(tile: Tile, rows: number, cols: number): Elements {
  if (tile.rows > rows || tile.cols > cols) throw new RegionError('A tile is larger than its chunk');
  const whole = allocateTile(tile.dtype, rows, cols);
  copyRegion(tile, { row: 0, col: 0, rows: tile.rows, cols: tile.cols }, whole, { row: 0, col: 0 });
  return whole.data;
}

function asElements(dtype: DType, payload: Uint8Array, length: number): Elements {
  const usable = payload.buffer instanceof SharedArrayBuffer && payload.byteOffset % elementBytes(dtype) === 0;
  if (usable) return viewElements(dtype, payload.buffer, payload.byteOffset, length);
  const data = allocate(dtype, length);
  bytesOf(data).set(payload);
  return data;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}
