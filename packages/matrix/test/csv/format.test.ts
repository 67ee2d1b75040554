import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { allocateTile, formatCsvBand, parseCsvBand } from '../../src/index.ts';
import { dtypes } from '../matrices.ts';

const cell = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.float(),
  fc.constantFrom(
    NaN,
    Infinity,
    -Infinity,
    -0,
    0,
    2 ** 31,
    -(2 ** 31),
    2 ** 31 - 1,
    1e21,
    1e-7,
    5e-324,
    -Number.MAX_VALUE,
  ),
);

it('writes every cell as String(x) does, but for negative zero, and reads back the same bits', () => {
  fc.assert(
    fc.property(
      dtypes,
      fc.integer({ min: 1, max: 4 }),
      fc.array(cell, { minLength: 1, maxLength: 40 }),
      (dtype, cols, cells) => {
        const rows = Math.max(1, Math.floor(cells.length / cols));
        const tile = allocateTile(dtype, rows, cols);
        tile.data.forEach((_, i) => (tile.data[i] = cells[i % cells.length]!));
        const bytes = formatCsvBand(tile);
        const expected = Array.from(
          { length: rows },
          (_, r) =>
            `${Array.from(tile.data.subarray(r * cols, (r + 1) * cols), (x) => (Object.is(x, -0) ? '-0' : String(x))).join(',')}\n`,
        ).join('');
        expect(Buffer.from(bytes).toString()).toBe(expected);
        const back = allocateTile(dtype, rows, cols);
        parseCsvBand(bytes, { delimiter: ',', cols, firstRow: 0 }, back.data);
        for (let i = 0; i < tile.data.length; i++) expect(Object.is(back.data[i], tile.data[i])).toBe(true);
      },
    ),
    { numRuns: 400 },
  );
});

it('has room for a tile of the longest numbers', () => {
  const longest = -0.0000017386938679919695;
  const tile = allocateTile('float64', 3, 1);
  tile.data.fill(longest);
  expect(Buffer.from(formatCsvBand(tile)).toString()).toBe(`${longest}\n`.repeat(3));
});
