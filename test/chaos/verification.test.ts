import type { DType } from '@tessera/matrix';
import { describe, expect, it } from 'vitest';
import { chanceOf } from './chance.ts';
import { addTo } from './verification/injections.ts';
import { openLab, type Lab } from './verification/lab.ts';
import { catchByBit, catchByError, catchTiles, expectedRate, falseAlarms } from './verification/measure.ts';

const sizes = [
  [40, 60, 50],
  [64, 300, 96],
] as const;

function uniformLab(dtype: DType, [m, k, n]: readonly [number, number, number], seed: number): Promise<Lab> {
  const chance = chanceOf(seed);
  return openLab({ dtype, m, k, n, a: () => chance.next(), b: () => chance.next() });
}

describe.each(['float64', 'float32'] as const)('the check of a %s product', (dtype) => {
  it('says nothing against right answers, whatever the operands', async () => {
    const found = await falseAlarms(dtype, [...sizes, [1, 1, 1], [3, 2000, 2]], { products: 2, vectors: 5, seed: 1 });
    for (const { falseAlarms, worst } of Object.values(found)) {
      expect(falseAlarms).toBe(0);
      expect(worst).toBeLessThan(1);
    }
  });

  it.each(sizes)('finds one wrong element of %ix%i·…x%i as often as theory says', async (...size) => {
    const lab = await uniformLab(dtype, size, 2);
    const multiples = [0.01, 0.3, 1, 3, 30, 1000, 1e6];
    const trials = 60;
    const rates = await catchByError(lab, multiples, trials, 3);
    // Nothing smaller than rounding is ever called wrong, nothing far above it is missed.
    expect(rates[0]!.caught).toBe(0);
    expect(rates.slice(-2).every(({ caught }) => caught === trials)).toBe(true);
    for (const [index, { caught }] of rates.entries()) {
      const expected = expectedRate(multiples[index]!, lab.rounds);
      // Five deviations of so many trials, and what rounding in C itself adds.
      const spread = 5 * Math.sqrt((expected * (1 - expected)) / trials) + 0.05;
      expect(Math.abs(caught / trials - expected)).toBeLessThan(spread);
    }
  });

  it('finds tiles that are transposed, swapped, stale or missing, always', async () => {
    const [lab, old] = await Promise.all([uniformLab(dtype, sizes[1], 4), uniformLab(dtype, sizes[1], 5)]);
    const rates = await catchTiles(lab, old.c, { side: 16, trials: 15, seed: 6 });
    for (const [mishap, { trials, caught }] of Object.entries(rates))
      expect([mishap, caught]).toEqual([mishap, trials]);
  });

  it('finds a flipped bit of the sign or the exponent’s upper part always, of the last places never', async () => {
    const lab = await uniformLab(dtype, sizes[0], 7);
    const trials = 6;
    const rates = await catchByBit(lab, trials, 8);
    const always = dtype === 'float64' ? [54, 58, 62, 63] : [25, 28, 30, 31];
    for (const bit of always) expect([bit, rates[bit]!.caught]).toEqual([bit, trials]);
    expect(rates[0]!.caught).toBe(0);
  });

  it('names the row', async () => {
    const lab = await uniformLab(dtype, sizes[0], 9);
    const c = addTo(lab.c, 17 * lab.size.n + 3, 5);
    expect(await lab.check(10, { c })).toMatchObject({ ok: false, where: { row: 17, col: null } });
  });

  it.each([NaN, Infinity])('finds %s in C where the operands have none', async (value) => {
    const lab = await uniformLab(dtype, sizes[0], 11);
    const c = addTo(lab.c, 5, value);
    expect(await lab.check(12, { c })).toMatchObject({ ok: false, nonFinite: false, where: { row: 0 } });
  });
});
