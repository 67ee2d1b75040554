import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatShape, operations, parseShape, ShapeMismatchError, ShapeSyntaxError } from '../src/index.ts';

describe('a shape', () => {
  it.each(['1000x800', '1000X800', '1000×800', ' 1000 x 800 '])('is read from %j', (text) => {
    expect(parseShape(text)).toEqual([1000, 800]);
  });

  it.each([
    '1000',
    'axb',
    '0x5',
    '5x0',
    '-1x4',
    '1e3x10',
    '',
    'x',
    '1x',
    'x1',
    '1x2x3',
    '1.5x2',
    '999999999x999999999',
  ])('is not read from %j', (text) => {
    expect(() => parseShape(text)).toThrow(ShapeSyntaxError);
  });

  it('comes back as it was written', () => {
    const size = fc.integer({ min: 1, max: 1_000_000 });
    fc.assert(
      fc.property(size, size, (rows, cols) => {
        expect(parseShape(formatShape([rows, cols]))).toEqual([rows, cols]);
      }),
    );
  });
});

describe('operations', () => {
  it('say which sizes must agree', () => {
    expect(() => operations.multiply.resultShape([3, 4], [5, 6])).toThrow(
      'multiply needs as many columns in A as rows in B, but A is 3x4 (4 columns) and B is 5x6 (5 rows)',
    );
    expect(() => operations.add.resultShape([3, 4], [4, 3])).toThrow(ShapeMismatchError);
  });

  it('know the shape of their result', () => {
    expect(operations.multiply.resultShape([3, 4], [4, 6])).toEqual([3, 6]);
    expect(operations.add.resultShape([3, 4], [3, 4])).toEqual([3, 4]);
  });
});

it('a text of any length that is no shape is refused in one short line', () => {
  expect(() => parseShape('x'.repeat(100_000))).toThrow(
    expect.objectContaining({ message: expect.stringMatching(/^.{1,250}$/) }),
  );
});
