import { mkdir, writeFile } from 'node:fs/promises';
import { gzipSync } from 'node:zlib';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  EmptyFileError,
  inspectCsv,
  MalformedCsvError,
  NotAFileError,
  NotANumberError,
  NotFoundError,
  parseCsvBand,
  RaggedRowError,
  readCsvPart,
  streamCsv,
  TruncatedFileError,
  WrongFormatError,
} from '../../src/index.ts';
import type { CsvInfo } from '../../src/index.ts';
import { localS3 } from '../s3.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
const s3 = localS3();
let made = 0;

async function file(text: string | Uint8Array, extension = '.csv'): Promise<string> {
  const path = at(`${made++}${extension}`);
  await writeFile(path, text);
  return path;
}

async function failure(text: string | Uint8Array, extension = '.csv'): Promise<unknown> {
  return inspectCsv(await file(text, extension)).catch((error: unknown) => error);
}

async function values(info: CsvInfo, rowsPerTile = 3): Promise<number[][]> {
  const rows: number[][] = [];
  for await (const tile of streamCsv(info, { cols: info.cols, dtype: 'float64', rowsPerTile })) {
    for (let r = 0; r < tile.rows; r++) rows.push([...tile.data.subarray(r * tile.cols, (r + 1) * tile.cols)]);
  }
  return rows;
}

function parse(text: string): void {
  parseCsvBand(new TextEncoder().encode(text), { delimiter: ',', cols: 2, firstRow: 10 }, new Float64Array(4));
}

describe('inspectCsv', () => {
  it.each([
    ['commas', '1,2\n3,4\n', ','],
    ['semicolons', '1;2\n3;4\n', ';'],
    ['tabs', '1\t2\n3\t4\n', '\t'],
    ['blanks, any number of them', '  1   2\n3 \t 4  \n', ' '],
    ['no last line end', '1,2\n3,4', ','],
    ['CRLF', '1,2\r\n3,4\r\n', ','],
    ['CR', '1,2\r3,4\r', ','],
    ['a byte order mark', '\ufeff1,2\n3,4\n', ','],
    ['blank last lines', '1,2\n3,4\n\n  \n\r\n', ','],
    ['blank first lines', '\n\n1,2\n3,4\n', ','],
    ['spaces after commas', '1, 2\n 3 ,4 \n', ','],
    ['a header', 'first,second name\n1,2\n3,4\n', ','],
    ['a header with a byte order mark and CRLF', '\ufeffa,b\r\n1,2\r\n3,4\r\n\r\n', ','],
    ['a quoted header with a comma and a line end in it', '"a, ""A""","b\nc"\n1,2\n3,4\n', ','],
    ['a header with an empty name', ',b\n1,2\n3,4\n', ','],
    ['numpy.savetxt comments', '# a b\n# c\n1 2\n3 4\n', ' '],
    ['scientific notation', '1e0,20E-1\n+3.,.4e1\n', ','],
    ['quoted cells', '"1","2"\n3,"4"\n', ','],
    ['quoted cells under a header, semicolons, CRLF', '\ufeffa;b\r\n"1";"2"\r\n"3";4\r\n\r\n', ';'],
    ['quotes in the last row only', '1,2\n3,"4"\n', ','],
  ])('reads a text with %s', async (_, text, delimiter) => {
    const info = await inspectCsv(await file(text));
    expect(info).toMatchObject({ rows: 2, cols: 2, delimiter, gzip: false });
    expect(await values(info)).toEqual([
      [1, 2],
      [3, 4],
    ]);
    const zipped = await inspectCsv(await file(gzipSync(text), '.csv.gz'));
    expect(zipped).toMatchObject({ rows: 2, cols: 2, delimiter, gzip: true });
    expect(zipped.bands.length).toBe(1);
    expect(await values(zipped, 1)).toEqual([
      [1, 2],
      [3, 4],
    ]);
  });

  it('takes NaN and infinities as data, in the first row too', async () => {
    const info = await inspectCsv(await file('nan,inf\n-Infinity,NaN\n1,-inf\n'));
    expect(info.header).toBe(false);
    expect(await values(info)).toEqual([
      [NaN, Infinity],
      [-Infinity, NaN],
      [1, -Infinity],
    ]);
  });

  it('reads one number, one row and one column', async () => {
    expect(await inspectCsv(await file('5'))).toMatchObject({ rows: 1, cols: 1, header: false });
    expect(await inspectCsv(await file('5,6,7'))).toMatchObject({ rows: 1, cols: 3 });
    expect(await inspectCsv(await file('x\n5\n6'))).toMatchObject({ rows: 2, cols: 1, header: true });
  });

  it.each([
    ['a short row', '1,2\n3\n', 2, 2, 1],
    ['a long row', '1,2\n3,4\n5,6,7\n', 3, 2, 3],
    ['a row shorter than the header', 'a,b,c\n1,2\n', 2, 3, 2],
    ['a blank line inside', '1,2\n\n3,4\n', 2, 2, 0],
    ['a long row of a quoted text', '"1",2\n3,4,5\n', 2, 2, 3],
    ['a row of blanks-separated text', '1 2\n3 4 5 \n', 2, 2, 3],
  ])('names the line of %s', async (_, text, row, expected, found) => {
    const error = await failure(text);
    expect(error).toBeInstanceOf(RaggedRowError);
    expect(error).toMatchObject({ row, expected, found });
  });

  it.each([
    ['a word', '1,2\n3,four\n', 2, 2, 'four'],
    ['a word in the first row among numbers', '1,two\n3,4\n', 1, 2, 'two'],
    ['an empty cell', '1,2\n3,\n', 2, 2, ''],
    ['an empty first cell', '1,2\n,4\n', 2, 1, ''],
    ['a decimal comma', '1;2\n3,5;4\n', 2, 1, '3,5'],
    ['hexadecimal', 'a,b\n1,0x10\n', 2, 2, '0x10'],
    ['two numbers in a cell', '1,2\n3,4 5\n', 2, 2, '4 5'],
    ['half a number', '1,2\n3,4e\n', 2, 2, '4e'],
    ['a blank line in one column', '1\n\n2\n', 2, 1, ''],
    ['a word after CRLF lines', '1,2\r\n3,4\r\n5,x\r\n', 3, 2, 'x'],
    ['a word after CR lines', '1,2\r3,x\r', 2, 2, 'x'],
    ['a word after a comment and a header', '# c\na,b\n1,2\n3,x', 4, 2, 'x'],
    ['a second row of words', 'a,b\nc,d\n', 2, 1, 'c'],
    ['a word in quotes', '"1","x"\n', 1, 2, 'x'],
  ])('names line and column of %s', async (_, text, row, column, found) => {
    const error = await failure(text);
    expect(error).toBeInstanceOf(NotANumberError);
    expect(error).toMatchObject({ row, column });
    expect((error as NotANumberError).text.replaceAll('"', '')).toBe(found);
    expect(String(error)).toContain(`line ${row}, column ${column}`);
  });

  it.each([
    ['nothing', '', EmptyFileError],
    ['blank lines', '\n \n\n', EmptyFileError],
    ['a header only', 'a,b\n', EmptyFileError],
    ['a byte order mark only', '\ufeff', EmptyFileError],
    ['an .npy file', Buffer.from('\u0093NUMPY\u0001\u0000v', 'latin1'), WrongFormatError],
    ['a gzip file', gzipSync('1,2\n'), WrongFormatError],
    ['UTF-16', Buffer.from('\ufeff1,2\n', 'utf16le'), WrongFormatError],
    ['binary data', Buffer.from([1, 2, 0, 4, 200]), WrongFormatError],
    ['an open quote', '1,2\n"3,4\n', MalformedCsvError],
    ['an open quote in the header', '"a,b\n3,4\n', MalformedCsvError],
  ])('refuses a file that holds %s', async (_, bytes, error) => {
    expect(await failure(bytes)).toBeInstanceOf(error);
  });

  it('refuses a compressed file that is cut short, damaged or not compressed, and what is no file', async () => {
    const zipped = gzipSync('1,2\n3,4\n'.repeat(1000));
    expect(await failure(zipped.subarray(0, zipped.length - 12), '.csv.gz')).toBeInstanceOf(TruncatedFileError);
    const damaged = Uint8Array.from(zipped);
    damaged[zipped.length - 6]! ^= 1;
    expect(await failure(damaged, '.csv.gz')).toBeInstanceOf(WrongFormatError);
    expect(await failure('1,2\n', '.csv.gz')).toBeInstanceOf(WrongFormatError);
    await expect(inspectCsv(at('missing.csv'))).rejects.toThrow(NotFoundError);
    await mkdir(at('folder.csv'));
    await expect(inspectCsv(at('folder.csv'))).rejects.toThrow(NotAFileError);
  });

  it('stops when told to', async () => {
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(inspectCsv(await file('1,2\n'), { signal })).rejects.toThrow('enough');
  });

  it('finds bands of whole rows that parse to the same matrix, wherever pieces and lines end', async () => {
    const cell = fc.oneof(fc.double(), fc.integer()).map(String);
    const layout = fc.record({
      cols: fc.integer({ min: 1, max: 5 }),
      rows: fc.integer({ min: 1, max: 60 }),
      end: fc.constantFrom('\n', '\r\n', '\r'),
      delimiter: fc.constantFrom(',', ';', '\t', ' '),
      header: fc.boolean(),
      last: fc.boolean(),
      bandBytes: fc.integer({ min: 1, max: 400 }),
    });
    const cases = layout.chain((l) =>
      fc.record({
        l: fc.constant(l),
        cells: fc.array(cell, { minLength: l.rows * l.cols, maxLength: l.rows * l.cols }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ l, cells }) => {
        const lines = Array.from({ length: l.rows }, (_, r) =>
          cells.slice(r * l.cols, (r + 1) * l.cols).join(l.delimiter),
        );
        if (l.header) lines.unshift(Array.from({ length: l.cols }, (_, i) => `col${i}`).join(l.delimiter));
        const text = lines.join(l.end) + (l.last ? l.end : '');
        const info = await inspectCsv(await file(text), {}, l.bandBytes);
        expect(info).toMatchObject({ rows: l.rows, cols: l.cols, header: l.header });
        const expected = cells.map(Number);
        const parsed: number[] = [];
        for (const band of info.bands) {
          expect(band.firstRow).toBe(parsed.length / l.cols);
          const out = new Float64Array(band.rows * l.cols);
          const bytes = new TextEncoder().encode(text).subarray(band.byteStart, band.byteEnd);
          parseCsvBand(bytes, { delimiter: info.delimiter, cols: l.cols, firstRow: band.firstRow }, out);
          parsed.push(...out);
        }
        expect(parsed).toEqual(expected);
        const middle = info.bands[Math.floor(info.bands.length / 2)]!;
        const skipRows = Math.floor(middle.rows / 2);
        const tile = await readCsvPart(info, {
          bytes: { start: middle.byteStart, end: info.bands.at(-1)!.byteEnd },
          firstRow: middle.firstRow,
          skipRows,
          rows: l.rows - middle.firstRow - skipRows,
          cols: l.cols,
          dtype: 'float64',
        });
        expect([...tile.data]).toEqual(expected.slice((middle.firstRow + skipRows) * l.cols));
        expect((await values(info, 7)).flat()).toEqual(expected);
      }),
      { numRuns: 60 },
    );
  });

  it('reads more than one piece of a large text, cells across their borders included', async () => {
    const rows = Array.from({ length: 30_000 }, (_, r) => [r, r / 7, 0 - r * 1e-5, 1 / (r + 1)]);
    const text = rows.map((row) => row.join(',')).join('\r\n');
    expect(text.length).toBeGreaterThan(1_200_000);
    const info = await inspectCsv(await file(text), {}, 300_000);
    expect(info.bands.length).toBeGreaterThan(3);
    expect(await values(info, 999)).toEqual(rows);
    const error = await failure(`${text}\r\n1,2,3,oops\r\n`);
    expect(error).toMatchObject({ _tag: 'NotANumberError', row: 30_001, column: 4, text: 'oops' });
  });

  it('reads texts on S3 by ranges', async () => {
    await s3.client().send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'B.csv', Body: 'a,b\n1,2\n3,4\n5,6\n' }));
    const context = { s3: () => s3.client() };
    const info = await inspectCsv(`s3://${s3.bucket}/B.csv`, context, 4);
    expect(info.bands.length).toBe(3);
    const { byteStart: start, byteEnd: end } = info.bands[1]!;
    const tile = await readCsvPart(
      info,
      { bytes: { start, end }, firstRow: 1, skipRows: 0, rows: 1, cols: 2, dtype: 'float32' },
      context,
    );
    expect(tile.data).toEqual(Float32Array.of(3, 4));
  });

  it('says so when a band no longer holds what was found in it', () => {
    expect(() => parse('1,2\n3,x\n')).toThrow(NotANumberError);
    expect(() => parse('1,2\n3,x\n')).toThrow('line 12, column 2');
    expect(() => parse('1,2\n3\n')).toThrow(RaggedRowError);
    expect(() => parse('1,2\n3,4,5\n')).toThrow('line 12 has 3 cells, expected 2');
    expect(() => parse('1,2\n')).toThrow(TruncatedFileError);
  });
});
