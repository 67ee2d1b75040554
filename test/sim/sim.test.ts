import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';

const RUNS = 300;
const FIRST = 1;

describe('a job on a fleet where anything can go wrong', () => {
  it(`ends right or with a good reason, ${RUNS} times out of ${RUNS}`, async () => {
    const wrong: string[] = [];
    const endings = new Set<string>();
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const { violations, jobs } = await simulate(seed);
      for (const { status } of jobs) endings.add(status);
      if (violations.length > 0) wrong.push(`${violations.join('; ')} (replay: pnpm sim --seed ${seed} --trace)`);
    }
    expect(wrong).toEqual([]);
    expect([...endings].sort()).toEqual(['cancelled', 'done', 'failed']);
  });

  it('gives the same bits whatever the number of workers, the order of answers, retries and faults', async () => {
    for (const seed of [3, 11, 20, 33]) {
      const results = new Set<string>();
      let done = 0;
      for (let world = 1; world <= 25; world++) {
        const { jobs, violations } = await simulate(seed, { world: 1000 * seed + world });
        expect(violations).toEqual([]);
        const bits = jobs[0]!.bits;
        if (bits === undefined) continue;
        done++;
        results.add(bits);
      }
      expect(done).toBeGreaterThan(15);
      expect(results.size).toBe(1);
    }
  });

  it('goes the same way twice when the seed is the same, call by call', async () => {
    for (const seed of [7, 8, 9]) {
      const [one, other]: [string[], string[]] = [[], []];
      await simulate(seed, { trace: (...what) => one.push(what.join(' ')) });
      await simulate(seed, { trace: (...what) => other.push(what.join(' ')) });
      expect(one.length).toBeGreaterThan(20);
      expect(other).toEqual(one);
    }
  });
});
