import { describe, expect, it } from 'vitest';
import { limit } from './limit.ts';
import { canLook } from './run/processes.ts';
import { playRow, rows } from './table.ts';

/** Each is five Node processes that mostly wait: three at a time keep two cores busy. */
const inTurn = limit(3);

const chosen = rows.flatMap((row, index) => (row.seldom ? [] : [{ ...row, seed: 1000 + index }]));

describe.runIf(canLook).concurrent('a job survives, or fails and says why', () => {
  it.each(chosen)('$what ends $ends (seed $seed)', { timeout: 300_000 }, (row) =>
    inTurn(async () => {
      const { outcome, detail, done } = await playRow(row, row.seed);
      expect({ outcome, detail, done }).toMatchObject({ outcome: row.ends });
      if (row.says) expect(detail).toMatch(row.says);
      // A scenario in which nothing went wrong would prove nothing.
      expect(done.length > 0 || row.more?.poison !== undefined).toBe(true);
    }),
  );
});

if (!canLook) {
  it.skip('faults on real processes (skipped: processes are found in /proc, which this system does not have)', () => {});
}
