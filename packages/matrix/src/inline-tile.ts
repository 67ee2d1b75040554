import type { InlineTile } from '@tessera/protocol';
import { allocateTile, bytesOf, type Tile } from './tile.ts';

/** A tile as it travels inside a message: little-endian elements, row by row, in base64. */
export function tileToInline(tile: Tile): InlineTile {
  const bytes = bytesOf(tile.data);
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64');
  return { kind: 'inline', dtype: tile.dtype, rows: tile.rows, cols: tile.cols, data };
}

/** The tile of a message that was parsed by its schema, which has made sure of its size. */
export function inlineToTile(inline: InlineTile): Tile {
  const tile = allocateTile(inline.dtype, inline.rows, inline.cols);
  bytesOf(tile.data).set(Buffer.from(inline.data, 'base64'));
  return tile;
}
