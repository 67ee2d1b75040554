import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { gramBound, productBound, sharedElements } from '../../src/plan/lower-bound.ts';

/** All ways to give half of a small product's multiplications to each of two workers, and the least that they move. */
function leastOfTwoWorkers(m: number, n: number, k: number): number {
  const all = Array.from({ length: m * n * k }, (_, at) => ({
    i: Math.floor(at / (n * k)),
    j: Math.floor(at / k) % n,
    l: at % k,
  }));
  let least = Infinity;
  for (let mask = 0; mask < 2 ** all.length; mask++) {
    if (bits(mask) !== all.length / 2) continue;
    let moved = 0;
    const contributions: string[] = [];
    for (const worker of [0, 1]) {
      const mine = all.filter((_, at) => ((mask >> at) & 1) === worker);
      moved += new Set(mine.map(({ i, l }) => `${i},${l}`)).size;
      moved += new Set(mine.map(({ l, j }) => `${l},${j}`)).size;
      contributions.push(...new Set(mine.map(({ i, j }) => `${i},${j}`)));
    }
    // q workers that add to an element: q - 1 partial sums written and read, and the element written.
    moved += 2 * contributions.length - new Set(contributions).size;
    least = Math.min(least, moved);
  }
  return least;
}

function bits(mask: number): number {
  let count = 0;
  for (let left = mask; left > 0; left &= left - 1) count++;
  return count;
}

describe('the bound for workers that share a product equally', () => {
  it.each([
    [2, 2, 2],
    [2, 2, 3],
    [1, 2, 4],
    [4, 3, 1],
    [1, 1, 8],
    [2, 1, 6],
  ])('is below the best of all schedules of %i x %i with k = %i on two workers', (m, n, k) => {
    const best = leastOfTwoWorkers(m, n, k);
    expect(sharedElements(m, n, k, 2)).toBeLessThanOrEqual(best);
    // And not far below: such small products have few ways to be cut.
    expect(best / sharedElements(m, n, k, 2)).toBeLessThan(1.35);
  });

  it('is what is compulsory for one worker', () => {
    const size = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(size, size, size, (m, n, k) => {
        expect(sharedElements(m, n, k, 1) / (m * k + k * n + m * n)).toBeCloseTo(1, 9);
      }),
    );
  });

  it('never falls when workers are added, and is three cubes for many', () => {
    const size = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(size, size, size, fc.integer({ min: 1, max: 1000 }), (m, n, k, workers) => {
        const fewer = sharedElements(m, n, k, workers);
        expect(sharedElements(m, n, k, workers + 1)).toBeGreaterThanOrEqual(fewer * (1 - 1e-9));
      }),
    );
    // x = y = 2z = (2F²)^(1/3) each, with F = n³/P.
    const [n, workers] = [8192, 512];
    const share = n ** 3 / workers;
    expect(sharedElements(n, n, n, workers)).toBeCloseTo(workers * 3 * (2 * share ** 2) ** (1 / 3) - n * n, -3);
  });
});

describe('the largest bound', () => {
  const square = { m: 10_000, n: 10_000, k: 10_000 };
  it('is the compulsory one where memory is ample and one worker works', () => {
    expect(productBound({ ...square, memoryElements: 1e9, workers: 1 })).toEqual({
      name: 'compulsory',
      elements: 3e8,
    });
  });
  it("is memory's where that is small", () => {
    const { name, elements } = productBound({ ...square, memoryElements: 1e4, workers: 2 });
    expect(name).toBe('memory');
    expect(elements).toBe(2e12 / 100 - 4e4);
  });
  it('counts C0 that is read', () => {
    const given = { ...square, memoryElements: 1e9, workers: 1 };
    expect(productBound({ ...given, addend: true }).elements).toBe(4e8);
  });
  it('for AᵀA is at most that of the product with both operands given', () => {
    const size = fc.integer({ min: 1, max: 3000 });
    fc.assert(
      fc.property(size, size, fc.integer({ min: 1, max: 500 }), (n, k, workers) => {
        const given = { n, k, workers, memoryElements: 1e6 };
        expect(gramBound(given).elements).toBeLessThanOrEqual(productBound({ ...given, m: n }).elements * (1 + 1e-9));
      }),
    );
  });
});
