import type { Tile } from '../tile.ts';
import { formatFast } from './fast-format.ts';

/** "-0.0000017386938679919695" has 25 characters (from 1e-6 on there is no exponent), and a separator follows. */
const MAX_CELL = 26;
const [COMMA, LINE_FEED, MINUS, ZERO] = [44, 10, 45, 48] as const;

/**
 * A tile as CSV text: cells as `String(x)` writes them, so that reading them gives the same bits, separated by commas,
 * each row ended by a line feed. Negative zero is `-0`, which `String` would lose; NaN is `NaN`, infinities are
 * `Infinity` and `-Infinity`. Float32 elements are written as the float64 that equals them.
 */
export function formatCsvBand(tile: Tile): Uint8Array<ArrayBuffer> {
  // The system gives memory when it is first written to, so what is left over costs nothing.
  const bytes = new Uint8Array(roomForText(tile.rows, tile.cols));
  return bytes.subarray(0, formatInto(tile, bytes));
}

/** Elements whose text is made at once: most of it stays in a second-level cache until it is written. */
const ELEMENTS = 1 << 16;

/** `formatCsvBand` in pieces of whole rows. @param buffers gives memory of at least so many bytes to each */
export function* formatPieces(
  { data, dtype, rows, cols }: Tile,
  buffers: (length: number) => Uint8Array,
): Generator<Uint8Array> {
  const step = Math.max(1, Math.floor(ELEMENTS / cols));
  for (let row = 0; row < rows; row += step) {
    const count = Math.min(step, rows - row);
    const bytes = buffers(roomForText(count, cols));
    const piece = data.subarray(row * cols, (row + count) * cols);
    yield bytes.subarray(0, formatInto({ dtype, rows: count, cols, data: piece }, bytes));
  }
}

/** The bytes that the text of a tile takes at most. */
export function roomForText(rows: number, cols: number): number {
  return rows * cols * MAX_CELL;
}

/** `formatCsvBand` into memory that has room for it; returns the text's length. */
export function formatInto(tile: Tile, bytes: Uint8Array): number {
  return formatFast(tile.data, tile.cols, bytes, MAX_CELL) ?? formatPlainly(tile, bytes);
}

/** `formatInto` in TypeScript alone. */
export function formatPlainly({ data, rows, cols }: Tile, bytes: Uint8Array): number {
  let at = 0;
  let i = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++, i++) {
      const x = data[i]!;
      const small = x | 0;
      if (small === x && (small !== 0 || 1 / x > 0)) at = putInteger(bytes, at, small);
      else at = putText(bytes, at, x === 0 ? '-0' : String(x));
      bytes[at++] = COMMA;
    }
    bytes[at - 1] = LINE_FEED;
  }
  return at;
}

function putInteger(bytes: Uint8Array, start: number, x: number): number {
  let at = start;
  let left = x;
  if (x < 0) {
    bytes[at++] = MINUS;
    // -2^31 has no positive int32; as a double it has.
    left = -x;
  }
  let digits = 1;
  for (let bound = 10; bound <= left; bound *= 10) digits++;
  for (let i = at + digits - 1; i > at; i--) {
    const tens = Math.floor(left / 10);
    bytes[i] = ZERO + left - tens * 10;
    left = tens;
  }
  bytes[at] = ZERO + left;
  return at + digits;
}

function putText(bytes: Uint8Array, start: number, text: string): number {
  for (let i = 0; i < text.length; i++) bytes[start + i] = text.charCodeAt(i);
  return start + text.length;
}
