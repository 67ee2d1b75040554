import { EmptyFileError, MalformedCsvError, NotANumberError, RaggedRowError } from '../errors.ts';
import { classesFor, DELIMITER, isNumber, LINE_FEED, NEXT, QUOTE, RETURN, START, WORD } from './cell-automaton.ts';
import type { Start } from './dialect.ts';
import { CellWalk, WALK_BYTES } from './cell-walk.ts';
import { cellNumber } from './number.ts';

/** Rows that lie between two byte offsets of a text, so that its parts can be read apart. */
export interface CsvBand {
  readonly byteStart: number;
  readonly byteEnd: number;
  readonly firstRow: number;
  readonly rows: number;
}

export interface CsvFacts {
  readonly header: boolean;
  readonly rows: number;
  readonly cols: number;
  readonly bands: readonly CsvBand[];
}

/** Text of a cell that is kept for a message or to see whether it is a word like `nan`. */
const KEPT = 200;

/**
 * Checks a text byte by byte, in constant memory: every row has the same number of cells and every cell is a number.
 * Feed it the text's bytes in order, then `end()`. Rows in messages are lines counted from 1, as an editor shows them.
 */
export class CsvScan {
  readonly #name: string;
  readonly #classes: Uint8Array;
  readonly #blanks: boolean;
  readonly #bandBytes: number;
  /** Offset of the next byte to come. */
  #offset: number;
  #line: number;
  #state: number = START;
  #text = '';
  #cells = 0;
  #cols = 0;
  #rows = 0;
  #header = false;
  /** Offset of the byte after a carriage return: a line feed there is part of the same line's end. */
  #afterReturn = -1;
  #inQuotes = false;
  #quotedText = false;
  #blankLine = 0;
  #firstRowDone = false;
  #numbersInFirst = 0;
  #wordInFirst: { column: number; text: string } | undefined;
  #bands: CsvBand[] = [];
  #bandStart: number;
  #bandFirstRow = 0;
  #rowsEnd = 0;
  readonly #walk: CellWalk | undefined;

  /** `fast`: pass over plain cells in WebAssembly where that is there. */
  constructor(name: string, start: Start, bandBytes: number, fast = true) {
    this.#name = name;
    this.#classes = classesFor(start.delimiter);
    this.#blanks = start.delimiter === ' ';
    this.#offset = start.offset;
    this.#line = start.lines + 1;
    this.#bandBytes = bandBytes;
    this.#bandStart = start.offset;
    this.#walk = fast ? CellWalk.make(start.delimiter) : undefined;
  }

  /** Whether there are quotes around data, which only a real CSV parser reads right; then nothing else counts. */
  get quoted(): boolean {
    return this.#quotedText;
  }

  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.byteLength && !this.#quotedText; from += WALK_BYTES) {
      this.#push(bytes.subarray(from, from + WALK_BYTES));
    }
  }

  #push(bytes: Uint8Array): void {
    const classes = this.#classes;
    const next = NEXT;
    const { length } = bytes;
    let state = this.#state | 0;
    // Where the cell's text starts in these bytes.
    let cell = 0;
    // Cells of the row under way; kept here since nearly every cell is a number that needs nothing else.
    let cells = this.#cells | 0;
    let plain = this.#firstRowDone && this.#text === '';
    const walk = this.#walk;
    walk?.load(bytes);
    for (let i = 0; i < length; i++) {
      if (walk && plain && state === START && this.#blankLine === 0) {
        this.#cells = cells;
        i = this.#passPlain(walk, i, length);
        cells = this.#cells | 0;
        cell = i;
        if (i === length) break;
      }
      let kind = classes[bytes[i]!]!;
      while (kind < DELIMITER) {
        state = next[(state << 3) | kind]! | 0;
        if (++i === length) break;
        kind = classes[bytes[i]!]!;
      }
      if (i === length) break;
      if (kind === DELIMITER && plain && isNumber[state] === 1) {
        cells = (cells + 1) | 0;
        state = START;
        cell = i + 1;
      } else {
        this.#cells = cells;
        state = this.#special(kind, state, bytes, cell, i) | 0;
        if (this.#quotedText) return;
        cells = this.#cells | 0;
        plain = this.#firstRowDone && this.#text === '';
        if (state === START) cell = i + 1;
      }
    }
    if (this.#text.length < KEPT) this.#text += textOf(bytes, cell, length);
    this.#cells = cells;
    this.#state = state;
    this.#offset += length;
  }

  /** Counts plain cells and rows from the start of a cell at `from`; returns where the first other cell starts. */
  #passPlain(walk: CellWalk, from: number, length: number): number {
    for (let i = from; ;) {
      const until = Math.max(0, this.#bandStart + this.#bandBytes - this.#offset);
      const { next, cells, rows, rowsEnd } = walk.walk(i, this.#cells, this.#cols, until);
      this.#cells = cells;
      if (rows > 0) {
        this.#line += rows;
        this.#rows += rows - 1;
        this.#countRow(this.#offset + rowsEnd);
      }
      // It goes on after the end of a band.
      if (next === i || next === length || cells > 0 || rows === 0) return next;
      i = next;
    }
  }

  /** What a byte that ends a cell or a row, or quotes one, leads to. */
  #special(kind: number, state: number, bytes: Uint8Array, cell: number, i: number): number {
    if (kind === QUOTE) {
      if (this.#firstRowDone) this.#quotedText = true;
      this.#inQuotes = !this.#inQuotes;
      return WORD;
    }
    if (this.#inQuotes) {
      if (kind === LINE_FEED) this.#line++;
      return WORD;
    }
    if (kind === DELIMITER) {
      // Of several blanks in a row the first one ends the cell.
      if (!this.#blanks || state !== START) this.#endCell(state, bytes, cell, i);
      return START;
    }
    const offset = this.#offset + i;
    if (kind === LINE_FEED && this.#afterReturn === offset) {
      if (this.#rowsEnd === offset) this.#rowsEnd++;
      if (this.#bandStart === offset) this.#bandStart++;
    } else {
      this.#endRow(state, bytes, cell, i);
      if (kind === RETURN) this.#afterReturn = offset + 1;
    }
    return START;
  }

  /** @throws EmptyFileError when there was no row of numbers. */
  end(): CsvFacts {
    if (this.#inQuotes) throw new MalformedCsvError(this.#name, this.#line, 'has a quote that never closes');
    this.#endRow(this.#state, new Uint8Array(0), 0, 0);
    if (this.#rows === 0)
      throw new EmptyFileError(this.#name, this.#header ? 'it has a header and no rows' : 'it has no rows');
    this.#closeBand();
    return { header: this.#header, rows: this.#rows, cols: this.#cols, bands: this.#bands };
  }

  #endCell(state: number, bytes: Uint8Array, from: number, to: number): void {
    this.#cells++;
    if (isNumber[state]) {
      if (!this.#firstRowDone) this.#numbersInFirst++;
    } else {
      const text = (this.#text + textOf(bytes, from, to)).trim();
      if (this.#firstRowDone) {
        if (cellNumber(text) === undefined) throw this.#notANumber(this.#cells, text);
      } else this.#firstRowWord(text);
    }
    this.#text = '';
  }

  /** A word in the first row: a name, if the whole row turns out to be a header. */
  #firstRowWord(text: string): void {
    const bare = text.startsWith('"') ? text.slice(1).replace(/"$/, '') : text;
    if (cellNumber(bare) === undefined) this.#wordInFirst ??= { column: this.#cells, text };
    else {
      this.#numbersInFirst++;
      if (bare !== text) this.#quotedText = true;
    }
  }

  #endRow(state: number, bytes: Uint8Array, from: number, to: number): void {
    const empty = state === START;
    const blank = this.#cells === 0 && empty;
    // Only the end of the text has no byte of its own.
    const end = this.#offset + to + (bytes.length > 0 ? 1 : 0);
    if (blank) {
      this.#text = '';
      this.#blankLine ||= this.#line;
      this.#line++;
      return;
    }
    if (!(this.#blanks && empty)) this.#endCell(state, bytes, from, to);
    this.#text = '';
    if (this.#blankLine > 0 && this.#firstRowDone) throw this.#blankInside();
    if (this.#firstRowDone) {
      if (this.#cells !== this.#cols) throw this.#ragged();
      this.#countRow(end);
    } else this.#endFirstRow(end);
    this.#cells = 0;
    this.#line++;
  }

  /**
   * The first row is a header when none of its cells is a number. When only some are, it is data with a mistake in it:
   * taking it for a header would drop numbers without a word.
   */
  #endFirstRow(end: number): void {
    this.#firstRowDone = true;
    this.#cols = this.#cells;
    if (this.#quotedText) return;
    if (!this.#wordInFirst) this.#countRow(end);
    else if (this.#numbersInFirst > 0) throw this.#notANumber(this.#wordInFirst.column, this.#wordInFirst.text);
    else {
      this.#header = true;
      this.#bandStart = end;
    }
  }

  #countRow(end: number): void {
    this.#rows++;
    this.#rowsEnd = end;
    if (end - this.#bandStart >= this.#bandBytes) this.#closeBand();
  }

  #closeBand(): void {
    const rows = this.#rows - this.#bandFirstRow;
    if (rows === 0) return;
    this.#bands.push({ byteStart: this.#bandStart, byteEnd: this.#rowsEnd, firstRow: this.#bandFirstRow, rows });
    this.#bandStart = this.#rowsEnd;
    this.#bandFirstRow = this.#rows;
  }

  #notANumber(column: number, text: string): Error {
    return new NotANumberError(this.#name, { row: this.#line, column, text });
  }

  #ragged(): Error {
    return new RaggedRowError(this.#name, { row: this.#line, expected: this.#cols, found: this.#cells });
  }

  #blankInside(): Error {
    if (this.#cols === 1) return new NotANumberError(this.#name, { row: this.#blankLine, column: 1, text: '' });
    return new RaggedRowError(this.#name, { row: this.#blankLine, expected: this.#cols, found: 0 });
  }
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, Math.min(to - from, KEPT)).toString('utf8');
}
