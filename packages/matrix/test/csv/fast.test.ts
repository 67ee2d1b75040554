import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRowsFast } from '../../src/csv/fast-rows.ts';
import { formatFast } from '../../src/csv/fast-format.ts';
import { formatPlainly } from '../../src/csv/format.ts';
import { csvModule } from '../../src/csv/module.ts';
import { moduleBytes } from '../../src/csv/module-bytes.ts';
import { parseRows } from '../../src/csv/parse-rows.ts';
import { CsvScan } from '../../src/csv/scan.ts';
import { allocateTile } from '../../src/index.ts';
import { dtypes } from '../matrices.ts';

it('the committed module is what its source compiles to', async () => {
  const { compileAssembly } = await import('../../build-assembly.ts');
  expect(Buffer.from(await compileAssembly()).toString('base64')).toBe(moduleBytes);
});

it('the module works here, or the tests of it would test nothing', () => {
  expect(csvModule()).toBeDefined();
});

/** Something wrong in a few places. */
const mistakes = fc.array(
  fc.record({
    at: fc.nat(),
    deleted: fc.integer({ min: 0, max: 2 }),
    inserted: fc.oneof(
      fc.constantFrom(
        '\n',
        '\r',
        '\r\n',
        '\n\n',
        ',',
        ';',
        ' ',
        '  ',
        '\t',
        'x',
        '"',
        '.',
        'e',
        '-',
        '',
        '\u00e9',
        ':',
        '/',
      ),
      fc.constant('1'.repeat(400)),
    ),
  }),
  { maxLength: 2 },
);

/** Rows of cells, most of them numbers, with something wrong in a few places. */
const texts = fc
  .record({
    cols: fc.integer({ min: 1, max: 5 }),
    cells: fc.array(
      fc.oneof(
        { weight: 6, arbitrary: fc.double().map(String) },
        { weight: 4, arbitrary: fc.integer().map(String) },
        { weight: 1, arbitrary: fc.stringMatching(/^[0-9]{1,30}\.[0-9]{0,30}(e-?[0-9]{1,3})?$/) },
        { weight: 1, arbitrary: fc.constantFrom('nan', '-inf', '.5', '5.', ' 7', '8 ', '+1', '007', '1E5', '-0') },
      ),
      { minLength: 1, maxLength: 80 },
    ),
    end: fc.constantFrom('\n', '\r\n', '\r'),
    last: fc.boolean(),
    delimiter: fc.constantFrom(',', ';', '\t', ' '),
    wrong: mistakes,
  })
  .map(textOf);

/** A character of a number where it doesn't belong. */
const misplaced = fc.array(
  fc.record({ at: fc.nat(), deleted: fc.constant(0), inserted: fc.constantFrom('-', '.', '1', ',', '\n', '-.') }),
  { minLength: 1, maxLength: 1 },
);

/** Rows of digits, with a minus or a point at most, and seldom something else. */
const plainTexts = fc
  .record({
    cols: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 20, max: 60 })),
    cells: fc.array(
      fc.oneof(
        { weight: 40, arbitrary: fc.stringMatching(/^-?[0-9]{1,20}(\.[0-9]{0,20})?$/) },
        { weight: 1, arbitrary: fc.constantFrom('nan', '.5', '1e5', ' 7', '+1') },
      ),
      { minLength: 20, maxLength: 300 },
    ),
    end: fc.constantFrom('\n', '\n', '\r\n'),
    last: fc.boolean(),
    delimiter: fc.constantFrom(',', ';', '\t', ' '),
    wrong: fc.oneof(mistakes, misplaced),
  })
  .map(textOf);

interface Parts {
  readonly cols: number;
  readonly cells: readonly string[];
  readonly end: string;
  readonly last: boolean;
  readonly delimiter: string;
  readonly wrong: readonly { readonly at: number; readonly deleted: number; readonly inserted: string }[];
}

function textOf({ cols, cells, end, last, delimiter, wrong }: Parts) {
  const lines = Array.from({ length: Math.ceil(cells.length / cols) }, (_, r) =>
    Array.from({ length: cols }, (_, c) => cells[r * cols + c] ?? '1').join(delimiter),
  );
  let text = lines.join(end) + (last ? end : '');
  for (const { at, deleted, inserted } of wrong) {
    const place = at % (text.length + 1);
    text = text.slice(0, place) + inserted + text.slice(place + deleted);
  }
  return { cols, rows: lines.length, delimiter, bytes: new TextEncoder().encode(text) };
}

function outcome<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof Error) || !('_tag' in error)) throw error;
    return `${String(error._tag)}: ${error.message}`;
  }
}

describe('in WebAssembly as in TypeScript', () => {
  it('rows are parsed to the same numbers, or refused with the same words', () => {
    fc.assert(
      fc.property(texts, dtypes, ({ bytes, cols, rows, delimiter }, dtype) => {
        const [plain, fast] = [parseRows, parseRowsFast].map((parse) => {
          const out = allocateTile(dtype, rows, cols).data;
          const layout = { delimiter, cols, firstRow: 0 };
          const done = outcome(() => parse(bytes, 0, bytes.byteLength, layout, out, 0, rows));
          return typeof done === 'string' ? done : { ...done, numbers: [...out.subarray(0, done.rows * cols)] };
        });
        expect(fast).toEqual(plain);
      }),
      { numRuns: 1500 },
    );
  });

  it.each([
    ['cells of all kinds', texts],
    ['cells most of which are plain', plainTexts],
  ])('a text is found right, with the same rows in the same bands, or refused with the same words: %s', (_, texts) => {
    const piece = fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 64, max: 1000 }));
    const pieces = fc.array(piece, { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(texts, pieces, fc.integer({ min: 1, max: 300 }), ({ bytes, delimiter }, pieces, bandBytes) => {
        const [plain, fast] = [false, true].map((fast) =>
          outcome(() => {
            const scan = new CsvScan('text', { delimiter, offset: 0, lines: 0 }, bandBytes, fast);
            for (let at = 0, i = 0; at < bytes.length; i++) {
              const length = pieces[i % pieces.length]!;
              scan.push(bytes.subarray(at, at + length));
              at += length;
            }
            if (scan.quoted) return 'quoted';
            const { bands, ...facts } = scan.end();
            if (!bytes.includes(13)) return { ...facts, bands };
            // Of CR and LF the LF may count as the band's or as lying between two bands, so ends may differ.
            const lines = bands.flatMap(({ byteStart, byteEnd, firstRow, rows }, i) => {
              const text = Buffer.from(bytes.subarray(byteStart, byteEnd)).toString('latin1');
              const found = text.split(/\r\n|\r|\n/).filter((line) => line.trim() !== '');
              expect(found.length).toBe(rows);
              expect(firstRow).toBe(i === 0 ? 0 : bands[i - 1]!.firstRow + bands[i - 1]!.rows);
              return found;
            });
            return { ...facts, lines };
          }),
        );
        expect(fast).toEqual(plain);
      }),
      { numRuns: 1500 },
    );
  });

  it('numbers are written with the same bytes, in tiles of any width', () => {
    const anyBits = fc.bigInt(0n, 2n ** 64n - 1n).map((bits) => new Float64Array(BigUint64Array.of(bits).buffer)[0]!);
    const decimals = fc
      .tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 30 }))
      .map(([whole, power]) => whole / 10 ** power);
    const powers = fc.integer({ min: -1074, max: 1023 }).map((n) => 2 ** n);
    const tens = fc.integer({ min: -330, max: 310 }).map((n) => Number(`1e${n}`));
    const number = fc.oneof(anyBits, decimals, powers, tens, fc.double(), fc.float(), fc.maxSafeInteger());
    const array = fc.array(number, { minLength: 1, maxLength: 200 });
    fc.assert(
      fc.property(array, dtypes, fc.integer({ min: 1, max: 9 }), (numbers, dtype, cols) => {
        const rows = Math.ceil(numbers.length / cols);
        const tile = allocateTile(dtype, rows, cols);
        tile.data.set(numbers);
        const [plain, fast] = [new Uint8Array(rows * cols * 25), new Uint8Array(rows * cols * 25)];
        const length = formatPlainly(tile, plain);
        expect(formatFast(tile.data, cols, fast, 25)).toBe(length);
        expect(Buffer.compare(fast, plain)).toBe(0);
      }),
      { numRuns: 1000 },
    );
  });

  it('rows longer than a piece of text and tiles larger than a block of numbers are no different', () => {
    const [rows, cols] = [3, 20_000];
    const tile = allocateTile('float64', rows, cols);
    tile.data.forEach((_, i) => (tile.data[i] = (i % 7 === 0 ? i : i / 7) * 10 ** ((i % 40) - 20)));
    const [plain, fast] = [new Uint8Array(rows * cols * 25), new Uint8Array(rows * cols * 25)];
    const length = formatPlainly(tile, plain);
    expect(formatFast(tile.data, cols, fast, 25)).toBe(length);
    expect(Buffer.compare(fast, plain)).toBe(0);
    const text = fast.subarray(0, length);
    const out = new Float64Array(rows * cols);
    const layout = { delimiter: ',', cols, firstRow: 0 };
    expect(parseRowsFast(text, 0, length, layout, out, 0, rows)).toEqual({ rows, next: length });
    expect(Buffer.compare(new Uint8Array(out.buffer), Buffer.from(tile.data.buffer))).toBe(0);
    const scan = new CsvScan('text', { delimiter: ',', offset: 0, lines: 0 }, 1);
    scan.push(text);
    expect(scan.end()).toMatchObject({ rows, cols, bands: [{ rows: 1 }, { rows: 1 }, { rows: 1 }] });
  });
});
