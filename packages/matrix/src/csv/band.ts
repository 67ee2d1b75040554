import { TruncatedFileError } from '../errors.ts';
import type { Elements } from '../tile.ts';
import { nameOf } from './layout.ts';
import type { BandLayout } from './layout.ts';
import { parseRowsFast } from './fast-rows.ts';

/**
 * Parses whole rows of plain CSV text (no quotes) into `out`, row by row, until it is full; what follows is left alone.
 * Every cell equals `Number(text)` to the last bit, rounded once more for float32. Blank lines are skipped.
 * @throws RaggedRowError, NotANumberError; TruncatedFileError when the text has fewer rows than wanted.
 */
export function parseCsvBand(bytes: Uint8Array, layout: BandLayout, out: Elements): void {
  const wanted = out.length / layout.cols;
  if (!Number.isInteger(wanted)) throw new RangeError(`${out.length} elements are no whole rows of ${layout.cols}`);
  const skip = layout.skipRows ?? 0;
  const start = skipRows(bytes, skip);
  const inside = { ...layout, firstRow: layout.firstRow + skip };
  const { rows } = parseRowsFast(bytes, start, bytes.byteLength, inside, out, 0, wanted);
  if (rows < wanted) {
    const perRow = (bytes.byteLength - start) / Math.max(1, rows);
    throw new TruncatedFileError(nameOf(layout), Math.ceil(start + perRow * wanted), bytes.byteLength);
  }
}

/** The offset of the first byte after `count` rows. */
function skipRows(bytes: Uint8Array, count: number): number {
  let at = 0;
  for (let left = count; left > 0 && at < bytes.byteLength;) {
    let blank = true;
    for (; at < bytes.byteLength && bytes[at] !== 10 && bytes[at] !== 13; at++) {
      if (bytes[at] !== 32 && bytes[at] !== 9) blank = false;
    }
    if (!blank) left--;
    at++;
  }
  return Math.min(at, bytes.byteLength);
}
