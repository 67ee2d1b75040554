import { Readable } from 'node:stream';
import { parse } from 'fast-csv';
import { EmptyFileError, MalformedCsvError, NotANumberError, RaggedRowError } from '../errors.ts';
import type { TextSource } from './bytes.ts';
import { cellNumber } from './number.ts';
import type { CsvFacts } from './scan.ts';

/** One row of a quoted text: its cells, and its number as a record of the text, from 1. */
export interface QuotedRow {
  readonly record: number;
  readonly cells: readonly string[];
}

/** The rows of a text with quotes, by fast-csv, without blank ones at the end. */
export async function* quotedRows(
  source: TextSource,
  delimiter: string,
  signal?: AbortSignal,
): AsyncGenerator<QuotedRow> {
  const input = Readable.from(source.stream(0, signal));
  const rows = parse({ delimiter, headers: false, ignoreEmpty: false, trim: true });
  input.on('error', (error) => rows.destroy(error));
  let record = 0;
  try {
    for await (const cells of input.pipe(rows) as AsyncIterable<string[]>) {
      record++;
      if (record === 1 && cells[0] !== undefined) cells[0] = cells[0].replace(/^\ufeff/, '');
      yield { record, cells };
    }
  } catch (cause) {
    signal?.throwIfAborted();
    if (!(cause instanceof Error) || !cause.message.startsWith('Parse Error')) throw cause;
    throw new MalformedCsvError(source.name, record + 1, 'has quotes that do not match', { cause });
  } finally {
    input.destroy();
    rows.destroy();
  }
}

/** The same checks as `CsvScan` makes, on rows that fast-csv has taken apart. */
export async function scanQuoted(source: TextSource, delimiter: string, signal?: AbortSignal): Promise<CsvFacts> {
  let header = false;
  let cols = 0;
  let rows = 0;
  for await (const { record, numbers } of checkedRows(source, delimiter, signal)) {
    if (record.header) header = true;
    else rows++;
    cols ||= numbers.length;
  }
  if (rows === 0) throw new EmptyFileError(source.name, header ? 'it has a header and no rows' : 'it has no rows');
  return { header, rows, cols, bands: [{ byteStart: 0, byteEnd: source.size, firstRow: 0, rows }] };
}

/** Rows of numbers, the header (all NaN) marked. @throws RaggedRowError, NotANumberError, MalformedCsvError. */
export async function* checkedRows(
  source: TextSource,
  delimiter: string,
  signal?: AbortSignal,
): AsyncGenerator<{ record: { header: boolean }; numbers: Float64Array }> {
  let cols = 0;
  let blank = 0;
  for await (const { record, cells } of quotedRows(source, delimiter, signal)) {
    if (cells.every((cell) => cell === '') && cells.length <= 1) {
      if (cols > 0) blank ||= record;
      continue;
    }
    if (blank > 0 && cols === 1) throw new NotANumberError(source.name, { row: blank, column: 1, text: '' });
    if (blank > 0) throw new RaggedRowError(source.name, { row: blank, expected: cols, found: 0 });
    if (cols > 0 && cells.length !== cols) {
      throw new RaggedRowError(source.name, { row: record, expected: cols, found: cells.length });
    }
    const values = cells.map(cellNumber);
    const word = values.indexOf(undefined);
    const header = cols === 0 && values.every((value) => value === undefined);
    cols = cells.length;
    if (word >= 0 && !header) {
      throw new NotANumberError(source.name, { row: record, column: word + 1, text: cells[word] ?? '' });
    }
    yield { record: { header }, numbers: Float64Array.from(values, (value) => value ?? NaN) };
  }
}
