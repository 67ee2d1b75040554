import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { forEachBounded } from '../src/bounded.ts';

it('works on every item, never on more at once than allowed', async () => {
  let underWay = 0;
  let most = 0;
  const done: number[] = [];
  await forEachBounded([1, 2, 3, 4, 5, 6, 7], 3, async (item) => {
    most = Math.max(most, ++underWay);
    await turn();
    underWay--;
    done.push(item);
  });
  expect(done.toSorted()).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(most).toBe(3);
});

it('starts nothing after a failure, and throws it when all that was under way has ended', async () => {
  const started: number[] = [];
  let underWay = 0;
  const failing = forEachBounded([1, 2, 3, 4, 5, 6], 2, async (item) => {
    started.push(item);
    underWay++;
    await turn();
    if (item === 1) {
      underWay--;
      throw new Error('first');
    }
    await turn();
    underWay--;
  });
  await expect(failing).rejects.toThrow('first');
  expect(started).toEqual([1, 2]);
  expect(underWay).toBe(0);
});
