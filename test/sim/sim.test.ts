import { describe, expect, it } from 'vitest';
import { simulate } from './simulate.ts';
import { NO_FAULTS } from './world/faults.ts';

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

  it('fails within minutes where no worker is left, and says what to do', async () => {
    const ends = new Set<string>();
    for (let seed = 1; seed <= 60; seed++) {
      const fleetLostAt = 10 * seed;
      const faults = { ...NO_FAULTS, latencyMs: 20, slowness: [1, 1, 1, 1, 1], fleetLostAt };
      const { jobs, violations, virtualMs } = await simulate(seed, { faults });
      expect(violations).toEqual([]);
      for (const { status, error } of jobs) {
        ends.add(status);
        if (status !== 'done')
          expect(error).toMatchObject({ tag: 'NoWorkerError', message: expect.stringContaining('tessera up') });
      }
      // A minute until what the dead held is visible, five of patience, and the time between looks.
      expect(virtualMs - fleetLostAt).toBeLessThan(8 * 60_000);
    }
    expect([...ends].sort()).toEqual(['done', 'failed']);
  });

  it('names the package that kills workers, among those that they had when they died', async () => {
    let killed = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const faults = { ...NO_FAULTS, latencyMs: 20, slowness: [1, 1, 1, 1, 1], poison: true };
      const { jobs, violations, virtualMs } = await simulate(seed, { faults });
      expect(violations).toEqual([]);
      // Twice five deliveries of a minute each, and what they cost the other packages.
      expect(virtualMs).toBeLessThan(20 * 60_000);
      if (jobs.some(({ error }) => error?.message.endsWith('(PoisonPackageError)'))) killed++;
    }
    expect(killed).toBeGreaterThan(20);
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
