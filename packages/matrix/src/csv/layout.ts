import { NotANumberError, RaggedRowError } from '../errors.ts';

/** What must be known of a text to parse a part of it. */
export interface BandLayout {
  /** One character; a space stands for runs of spaces and tabs. */
  readonly delimiter: string;
  readonly cols: number;
  /** Number of the first row of the bytes within the matrix, from 0; for messages. */
  readonly firstRow: number;
  /** Rows at the start that aren't wanted. */
  readonly skipRows?: number | undefined;
  /** What messages call the text. */
  readonly name?: string | undefined;
  /** Lines before the first row of the matrix (a header); for messages. */
  readonly linesBefore?: number | undefined;
}

/** For row `row` of the bytes and column `col`, both from 0. */
export function notANumber(layout: BandLayout, row: number, col: number, text: string): Error {
  return new NotANumberError(nameOf(layout), { row: lineOf(layout, row), column: col + 1, text: text.trim() });
}

export function ragged(layout: BandLayout, row: number, found: number): Error {
  return new RaggedRowError(nameOf(layout), { row: lineOf(layout, row), expected: layout.cols, found });
}

function lineOf(layout: BandLayout, row: number): number {
  return layout.firstRow + row + 1 + (layout.linesBefore ?? 0);
}

export function nameOf(layout: BandLayout): string {
  return layout.name ?? 'CSV text';
}
