import { RegionError } from './errors.ts';
import { allocateTile, bytesOf, elementBytes, type DType, type Tile } from './tile.ts';

/** A tile as it travels inside a message: little-endian elements, row by row, in base64. */
export interface InlineTile {
  readonly kind: 'inline';
  readonly dtype: DType;
  readonly rows: number;
  readonly cols: number;
  readonly data: string;
}

export function tileToInline(tile: Tile): InlineTile {
  const bytes = bytesOf(tile.data);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return { kind: 'inline', dtype: tile.dtype, rows: tile.rows, cols: tile.cols, data };
}

/** @throws RegionError when the data isn't exactly `rows` x `cols` elements: missing ones would read as zeros. */
export function inlineToTile(inline: InlineTile): Tile {
  const { dtype, rows, cols } = inline;
  const bytes = Buffer.from(inline.data, 'base64');
  const expected = rows * cols * elementBytes(dtype);
  if (bytes.byteLength !== expected) {
    throw new RegionError(
      `An inline tile of ${rows}x${cols} ${dtype} has ${bytes.byteLength} bytes, expected ${expected}.`,
    );
  }
  const tile = allocateTile(dtype, rows, cols);
  bytesOf(tile.data).set(bytes);
  return tile;
}
