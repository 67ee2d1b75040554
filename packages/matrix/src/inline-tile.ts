import { allocateTile, bytesOf, type DType, type Tile } from './tile.ts';

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

/** The tile of a message whose size its schema has made sure of. */
export function inlineToTile(inline: InlineTile): Tile {
  const tile = allocateTile(inline.dtype, inline.rows, inline.cols);
  bytesOf(tile.data).set(Buffer.from(inline.data, 'base64'));
  return tile;
}
