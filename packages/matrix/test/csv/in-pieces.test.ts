import { writeFile } from 'node:fs/promises';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { describe, expect, it } from 'vitest';
import { inspectCsv, readCsvPart, TruncatedFileError } from '../../src/index.ts';
import { localS3 } from '../s3.ts';
import { temporaryFolder } from '../temporary.ts';

const at = temporaryFolder();
const s3 = localS3();

/** A text whose rows are as long as they are said to be, of one number and blanks before it, and the numbers. */
function textOf(rowBytes: readonly number[], end: string): { text: string; numbers: number[] } {
  const numbers = rowBytes.map((_, i) => i + 0.5);
  return { text: rowBytes.map((length, i) => String(numbers[i]).padStart(length) + end).join(''), numbers };
}

const KIB = 1024;

describe('bands that are read in pieces of 256 KiB', () => {
  it.each([
    ['rows of a few bytes', Array.from({ length: 90_000 }, (_, i) => 7 + (i % 13)), '\n'],
    [
      'rows that end by return and line feed, on borders of pieces too',
      Array.from({ length: 50 }, () => 32 * KIB - 2),
      '\r\n',
    ],
    [
      'rows that end one byte before and behind a border',
      [256 * KIB - 2, 256 * KIB, 256 * KIB + 1, 256 * KIB - 1, 9],
      '\n',
    ],
    ['rows longer than many pieces', [10, 3000 * KIB, 5, 700 * KIB, 300 * KIB, 12], '\n'],
    ['rows that end by returns', Array.from({ length: 700 }, (_, i) => 1000 + i), '\r'],
  ])('%s: every part has the numbers that it had, from a disk and from S3', async (_, rowBytes, end) => {
    const { text, numbers } = textOf(rowBytes, end);
    await writeFile(at('text.csv'), text);
    await s3.client().send(new PutObjectCommand({ Bucket: s3.bucket, Key: 'text.csv', Body: text }));
    const context = { s3: () => s3.client() };
    for (const url of [at('text.csv'), `s3://${s3.bucket}/text.csv`]) {
      const info = await inspectCsv(url, context);
      expect(info.rows).toBe(numbers.length);
      const bytes = { start: info.bands[0]!.byteStart, end: info.bands.at(-1)!.byteEnd };
      const third = Math.floor(numbers.length / 3);
      for (const [skipRows, rows] of [
        [0, numbers.length],
        [third, numbers.length - third],
        [1, third],
        [numbers.length - 1, 1],
      ] as const) {
        const part = { bytes, firstRow: 0, skipRows, rows, cols: 1, dtype: 'float64' as const };
        expect([...(await readCsvPart(info, part, context)).data]).toEqual(numbers.slice(skipRows, skipRows + rows));
      }
      const more = { bytes, firstRow: 0, skipRows: 1, rows: numbers.length, cols: 1, dtype: 'float64' as const };
      await expect(readCsvPart(info, more, context)).rejects.toThrow(TruncatedFileError);
    }
  });

  it('name the row of what is no number behind a border', async () => {
    const { text } = textOf(
      Array.from({ length: 40 }, () => 20 * KIB),
      '\n',
    );
    await writeFile(at('good.csv'), text);
    const info = await inspectCsv(at('good.csv'));
    // Changed since it was inspected.
    await writeFile(at('good.csv'), text.replace('35.5', '3x.5'));
    const bytes = { start: info.bands[0]!.byteStart, end: info.bands.at(-1)!.byteEnd };
    const part = { bytes, firstRow: 0, skipRows: 2, rows: 38, cols: 1, dtype: 'float64' as const };
    await expect(readCsvPart(info, part)).rejects.toThrow('line 36, column 1 is not a number: "3x.5"');
  });
});
