import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainStripSums, stripSums, type Weight } from '../../src/operations/verify/strip-sums.ts';

const finite = fc.double({ min: -1e6, max: 1e6, noNaN: true });
const numbers = (length: number) =>
  fc.array(finite, { minLength: length, maxLength: length }).map((list) => Float64Array.from(list));
/** A strip, its vectors, and what is summed beside the products. */
const cases = fc
  .record({
    rows: fc.integer({ min: 1, max: 9 }),
    cols: fc.integer({ min: 1, max: 23 }),
    count: fc.integer({ min: 0, max: 9 }),
  })
  .chain(({ rows, cols, count }) =>
    fc.record({
      strip: numbers(rows * cols).map((data) => ({ rows, cols, data })),
      vectors: fc.array(numbers(cols), { minLength: count, maxLength: count }),
      weight: fc.oneof(fc.constant(undefined), fc.constant('squares' as const), numbers(cols)),
    }),
  );

/** Sums in any order differ by no more than so much of the sum of the terms' sizes. */
function expectNear(found: Float64Array, expected: Float64Array, sizes: Float64Array, terms: number): void {
  expect(found.length).toBe(expected.length);
  for (const [index, sum] of expected.entries())
    expect(Math.abs(found[index]! - sum)).toBeLessThanOrEqual(terms * 2 ** -51 * sizes[index]!);
}

const absolute = (list: Float64Array) => list.map(Math.abs);

function expectAgreement(
  strip: { rows: number; cols: number; data: Float64Array },
  vectors: Float64Array[],
  weight?: Weight,
): void {
  const found = stripSums()(strip, vectors, weight);
  const expected = plainStripSums(strip, vectors, weight);
  const sizes = plainStripSums(
    { ...strip, data: absolute(strip.data) },
    vectors.map(absolute),
    typeof weight === 'object' ? absolute(weight) : weight,
  );
  expectNear(found.products, expected.products, sizes.products, strip.cols);
  expectNear(found.weights, expected.weights, sizes.weights, strip.cols);
}

describe('sums of strips', () => {
  it('are made in WebAssembly here, and agree with plain loops', () => {
    expect(stripSums()).not.toBe(plainStripSums);
    fc.assert(fc.property(cases, ({ strip, vectors, weight }) => expectAgreement(strip, vectors, weight)));
  });

  it.each([
    [1, 100_003],
    [300, 4001],
    [40_000, 3],
  ])('agree where %d rows of %d elements do not fit at once', (rows, cols) => {
    const make = (length: number, from: number) => Float64Array.from({ length }, (_, index) => Math.sin(index + from));
    const vectors = [1, 2, 3, 4, 5].map((from) => make(cols, from));
    expectAgreement({ rows, cols, data: make(rows * cols, 0) }, vectors, 'squares');
    expectAgreement({ rows, cols, data: make(rows * cols, 0) }, vectors.slice(0, 2), make(cols, 9));
  });

  it('keep NaN and infinity in their rows', () => {
    const data = Float64Array.from([1, 2, 3, NaN, 1, 1, Infinity, 1, 1, 1, 1, 1]);
    const { products, weights } = stripSums()({ rows: 4, cols: 3, data }, [Float64Array.from([1, 1, 1])], 'squares');
    expect([...products]).toEqual([6, NaN, Infinity, 3]);
    expect([...weights]).toEqual([14, NaN, Infinity, 3]);
  });
});
