import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { asAxpy } from '../../src/kernels/axpy.ts';
import type { ElementWise } from '../../src/kernels/kernel.ts';

const scalar = fc.constantFrom(1, -1, 0, 2, 0.1);
const real = fc.double({ noNaN: true });

/** Sums in place or not, dense or strided, of views that start anywhere in their arrays. */
const sums = fc
  .record({
    rows: fc.integer({ min: 0, max: 4 }),
    cols: fc.integer({ min: 1, max: 5 }),
    stride: fc.integer({ min: 0, max: 1 }),
    offset: fc.integer({ min: 0, max: 3 }),
    alpha: scalar,
    beta: scalar,
    into: fc.constantFrom('a', 'b', 'neither', 'both'),
    Reals: fc.constantFrom(Float64Array, Float32Array),
    values: fc.array(real, { minLength: 60, maxLength: 60 }),
  })
  .map(({ rows, cols, stride, offset, alpha, beta, into, Reals, values }): ElementWise => {
    const ld = cols + stride;
    const a = Reals.from(values.slice(0, 30));
    const b = into === 'both' ? a : Reals.from(values.slice(30));
    const c = into === 'b' ? b : into === 'neither' ? new Reals(30).fill(NaN) : a;
    return {
      rows,
      cols,
      alpha,
      a,
      aOffset: offset,
      lda: ld,
      beta,
      b,
      bOffset: offset,
      ldb: ld,
      c,
      cOffset: offset,
      ldc: ld,
    };
  });

describe('a sum as axpy', () => {
  it('is taken only where it gives the bits of alpha·A + beta·B, with one rounding', () => {
    fc.assert(
      fc.property(sums, (job) => {
        const { rows, cols, alpha, beta, a, b, c, aOffset, bOffset, cOffset } = job;
        const axpy = asAxpy(job);
        if (!axpy) return;
        const expected = c.slice(0, rows * cols);
        for (let i = 0; i < expected.length; i++) expected[i] = alpha * a[aOffset + i]! + beta * b[bOffset + i]!;
        const { length, scale, x, y, first } = axpy;
        if (first) y.set(first);
        for (let i = 0; i < length; i++) y[i] = scale === 1 ? y[i]! + x[i]! : y[i]! - x[i]!;
        expect(c.subarray(cOffset, cOffset + rows * cols)).toEqual(expected);
        expect(length).toBe(rows * cols);
      }),
    );
  });

  it('is taken for every dense sum or difference in place, and of float32 into a third matrix', () => {
    fc.assert(
      fc.property(sums, (job) => {
        const { rows, cols, lda, a, b, c, alpha, beta } = job;
        const dense = rows > 0 && lda === cols;
        const addsB = alpha === 1 && Math.abs(beta) === 1;
        const addsA = beta === 1 && Math.abs(alpha) === 1;
        const inPlace = a !== b && ((c === a && addsB) || (c === b && addsA));
        const intoThird = c !== a && c !== b && c instanceof Float32Array && (addsB || addsA);
        const axpy = asAxpy(job);
        expect(axpy !== undefined).toBe(dense && (inPlace || intoThird));
        expect(axpy?.first !== undefined).toBe(dense && intoThird);
      }),
    );
  });
});
