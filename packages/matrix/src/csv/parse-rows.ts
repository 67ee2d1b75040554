import type { Elements } from '../tile.ts';
import { notANumber, ragged } from './layout.ts';
import type { BandLayout } from './layout.ts';
import { cellNumber, decimal } from './number.ts';

const TAB = 9;
const LINE_FEED = 10;
const RETURN = 13;
const SPACE = 32;
const POINT = 46;
const PLUS = 43;
const MINUS = 45;
const SMALL_E = 101;

/**
 * Parses at most `maxRows` rows of `bytes[start, end)`, which must end with a row's end, into `out` from `at`.
 * Returns how many rows there were and where the first byte after them is.
 */
export function parseRows(
  bytes: Uint8Array,
  start: number,
  end: number,
  layout: BandLayout,
  out: Elements,
  at: number,
  maxRows: number,
): { rows: number; next: number } {
  const { cols } = layout;
  const delimiter = layout.delimiter.charCodeAt(0);
  const blanks = delimiter === SPACE;
  let i = start;
  let rows = 0;
  let target = at;

  while (rows < maxRows) {
    i = skipLineEnds(bytes, i, end, delimiter);
    if (i >= end) break;

    for (let col = 0; ; col++) {
      i = skipBlanks(bytes, i, end, delimiter);
      const cell = i;
      let byte = i < end ? bytes[i]! : LINE_FEED;
      const negative = byte === MINUS;
      if (negative || byte === PLUS) i++;
      // The digits as three groups of nine; leading zeros count for nothing.
      let a = 0;
      let b = 0;
      let c = 0;
      let significant = 0;
      let digits = 0;
      let point = -1;
      for (; i < end; i++) {
        const digit = bytes[i]! - 48;
        if (digit < 0 || digit > 9) {
          if (digit !== POINT - 48 || point >= 0) break;
          point = i;
          continue;
        }
        digits++;
        if (significant < 9) {
          a = a * 10 + digit;
          if (a !== 0) significant++;
        } else {
          significant++;
          if (significant <= 18) b = b * 10 + digit;
          else if (significant <= 27) c = c * 10 + digit;
        }
      }
      let exponent = point < 0 ? 0 : point + 1 - i;
      let plain = digits > 0 && significant <= 27;
      if (i < end && (bytes[i]! | 32) === SMALL_E) {
        byte = ++i < end ? bytes[i]! : LINE_FEED;
        if (byte === MINUS || byte === PLUS) i++;
        let power = 0;
        const first = i;
        for (; i < end; i++) {
          const digit = bytes[i]! - 48;
          if (digit < 0 || digit > 9) break;
          if (power < 100000) power = power * 10 + digit;
        }
        if (i === first) plain = false;
        exponent += byte === MINUS ? -power : power;
      }
      // Blanks after the number, and then a delimiter or the row's end, or it isn't a plain number after all.
      const numberEnd = i;
      i = skipBlanks(bytes, i, end, delimiter);
      byte = i < end ? bytes[i]! : LINE_FEED;
      let value = NaN;
      if (plain && (byte === delimiter || byte === LINE_FEED || byte === RETURN || (blanks && i > numberEnd))) {
        const inB = significant > 18 ? 9 : significant > 9 ? significant - 9 : 0;
        value = decimal(a, b, inB, c, significant > 18 ? significant - 18 : 0, exponent);
        if (negative) value = -value;
      }
      if (Number.isNaN(value)) {
        const cellEnd = endOfCell(bytes, cell, end, delimiter);
        const text = Buffer.from(bytes.buffer, bytes.byteOffset + cell, cellEnd - cell).toString('utf8');
        const parsed = cellNumber(text);
        if (parsed === undefined) throw notANumber(layout, rows, col, text);
        value = parsed;
        i = skipBlanks(bytes, cellEnd, end, delimiter);
        byte = i < end ? bytes[i]! : LINE_FEED;
      }
      if (col >= cols) throw ragged(layout, rows, cols + cellsLeft(bytes, cell, end, delimiter));
      out[target++] = value;
      if (byte === LINE_FEED || byte === RETURN) {
        if (col + 1 < cols) throw ragged(layout, rows, col + 1);
        i++;
        break;
      }
      if (!blanks) i++;
    }
    rows++;
  }
  // The line feed that belongs to the last carriage return.
  if (i < end && i > start && bytes[i - 1] === RETURN && bytes[i] === LINE_FEED) i++;
  return { rows, next: Math.min(i, end) };
}

/** Past blank lines, and the line feed of a carriage return before it. */
export function skipLineEnds(bytes: Uint8Array, from: number, end: number, delimiter: number): number {
  let i = from;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte !== LINE_FEED && byte !== RETURN && byte !== SPACE && (byte !== TAB || delimiter === TAB)) break;
  }
  return i;
}

/** Past spaces and tabs, unless tabs separate cells. */
function skipBlanks(bytes: Uint8Array, from: number, end: number, delimiter: number): number {
  let i = from;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte !== SPACE && (byte !== TAB || delimiter === TAB)) break;
  }
  return i;
}

export function endOfCell(bytes: Uint8Array, from: number, end: number, delimiter: number): number {
  let i = from;
  for (; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === delimiter || byte === LINE_FEED || byte === RETURN || (delimiter === SPACE && byte === TAB)) break;
  }
  return i;
}

/** Cells from the one at `from` to the row's end. */
function cellsLeft(bytes: Uint8Array, from: number, end: number, delimiter: number): number {
  let found = 0;
  for (let i = from; i < end && bytes[i] !== LINE_FEED && bytes[i] !== RETURN; found++) {
    i = endOfCell(bytes, i, end, delimiter);
    i = delimiter === SPACE ? skipBlanks(bytes, i, end, delimiter) : bytes[i] === delimiter ? i + 1 : i;
  }
  return found;
}
