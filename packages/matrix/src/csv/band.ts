import { TruncatedFileError } from '../errors.ts';
import type { Elements } from '../tile.ts';
import { nameOf } from './layout.ts';
import type { BandLayout } from './layout.ts';
import { parseRowsFast } from './fast-rows.ts';
import { endOfRows } from './row-ends.ts';

/**
 * Parses whole rows of plain CSV text (no quotes) into `out`, row by row, until it is full; what follows is left alone.
 * Every cell equals `Number(text)` to the last bit, rounded once more for float32. Blank lines are skipped.
 * @throws RaggedRowError, NotANumberError; TruncatedFileError when the text has fewer rows than wanted.
 */
export function parseCsvBand(bytes: Uint8Array, layout: BandLayout, out: Elements): void {
  const parser = new BandParser(layout, out);
  parser.take(bytes, 0, bytes.byteLength, true);
  parser.end();
}

/** `parseCsvBand` for text that comes in pieces. */
export class BandParser {
  readonly #layout: BandLayout;
  readonly #out: Elements;
  readonly #wanted: number;
  #toSkip: number;
  #rows = 0;
  #bytes = 0;

  constructor(layout: BandLayout, out: Elements) {
    this.#layout = layout;
    this.#out = out;
    this.#wanted = out.length / layout.cols;
    if (!Number.isInteger(this.#wanted)) {
      throw new RangeError(`${out.length} elements are no whole rows of ${layout.cols}`);
    }
    this.#toSkip = layout.skipRows ?? 0;
  }

  get full(): boolean {
    return this.#rows === this.#wanted;
  }

  /**
   * Takes the rows that end in `bytes[start, end)`; the last bytes of all may end without a line's end.
   * @returns the offset of the first byte that wasn't used, where the next bytes have to begin
   */
  take(bytes: Uint8Array, start: number, end: number, last: boolean): number {
    const whole = last ? end : endOfRows(bytes, start, end);
    const skipped = skipRows(bytes, start, whole, this.#toSkip);
    this.#toSkip -= skipped.rows;
    if (this.#toSkip > 0) return skipped.next;
    const { cols, firstRow, skipRows: before = 0 } = this.#layout;
    const layout = { ...this.#layout, firstRow: firstRow + before + this.#rows };
    const left = this.#wanted - this.#rows;
    const { rows, next } = parseRowsFast(bytes, skipped.next, whole, layout, this.#out, this.#rows * cols, left);
    this.#rows += rows;
    this.#bytes += next - skipped.next;
    return next;
  }

  /** @throws TruncatedFileError when rows are missing. */
  end(): void {
    if (this.full) return;
    const perRow = this.#bytes / Math.max(1, this.#rows);
    throw new TruncatedFileError(nameOf(this.#layout), Math.ceil(perRow * this.#wanted), this.#bytes);
  }
}

/** Skips at most `count` whole rows: how many there were, and the offset of the first byte after them. */
function skipRows(bytes: Uint8Array, start: number, end: number, count: number): { rows: number; next: number } {
  let at = start;
  let rows = 0;
  while (rows < count && at < end) {
    let blank = true;
    for (; at < end && bytes[at] !== 10 && bytes[at] !== 13; at++) {
      if (bytes[at] !== 32 && bytes[at] !== 9) blank = false;
    }
    if (!blank) rows++;
    at++;
  }
  return { rows, next: Math.min(at, end) };
}
