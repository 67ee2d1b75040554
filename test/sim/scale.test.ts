import { describe, expect, it } from 'vitest';
import { C7I_2XLARGE } from './scale/parameters.ts';
import { scale } from './scale/scale.ts';

describe('the model of a large fleet', () => {
  it('runs the real master to its end, and four workers take about a quarter of the time of one', async () => {
    const [one, four] = [await scale(16_384, 1, C7I_2XLARGE), await scale(16_384, 4, C7I_2XLARGE)];
    expect([one.report.status, four.report.status]).toEqual(['done', 'done']);
    expect(one.report.retries + four.report.retries).toBe(0);
    expect(one.efficiency.compute).toBeGreaterThan(0.5);
    expect(one.efficiency.compute).toBeLessThanOrEqual(1);
    const speedup = one.seconds['total']! / four.seconds['total']!;
    expect(speedup).toBeGreaterThan(2);
    expect(speedup).toBeLessThan(4.5);
  });
});
