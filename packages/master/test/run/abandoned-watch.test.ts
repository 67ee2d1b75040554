import { memoryQueues } from '@tessera/queue';
import { describe, expect, it } from 'vitest';
import { NoWorkerError, STRAGGLERS } from '../../src/index.ts';
import { AbandonedWatch } from '../../src/run/abandoned-watch.ts';

const LOOK_MS = 10_000;

/** A watch over a queue with one package, on a clock that is turned by hand. */
async function watched(plannedMs?: number) {
  const world = { now: 0, asked: 0, refused: false, stalls: [] as [number, number][] };
  const clock = { now: () => world.now, sleep: async () => undefined };
  const queues = memoryQueues(clock);
  queues.create('jobs');
  const queue = await queues.open('jobs');
  await queue.send(['a package']);
  const jobs = {
    ...queue,
    name: queue.name,
    counts: async () => {
      world.asked++;
      if (world.refused) throw new Error('AccessDenied');
      return queue.counts();
    },
  };
  const stalled = (waiting: number, seconds: number) => world.stalls.push([waiting, seconds]);
  const watch = new AbandonedWatch({ jobs, clock, stragglers: STRAGGLERS, stalled });
  const pass = async (ms: number, stepMs = LOOK_MS) => {
    for (const end = world.now + ms; world.now < end;) {
      world.now += stepMs;
      await watch.look(1, plannedMs);
    }
  };
  return { world, watch, queue, pass };
}

describe('a fleet counts as abandoned', () => {
  it('when a package waits for five minutes and nobody has any; it is told after one', async () => {
    const { pass, world } = await watched();
    await pass(50_000);
    expect(world.stalls).toEqual([]);
    await pass(STRAGGLERS.abandonedMs - 50_000 - LOOK_MS);
    expect(world.stalls).toEqual([[1, 60]]);
    await expect(pass(LOOK_MS)).rejects.toThrow(NoWorkerError);
  });

  it('later where a package takes long', async () => {
    const { pass } = await watched(600_000);
    await pass(STRAGGLERS.abandonedMs + 600_000 - LOOK_MS);
    await expect(pass(LOOK_MS)).rejects.toThrow(NoWorkerError);
  });

  it('not while anybody has a package, whoever asked for it', async () => {
    const { pass, queue } = await watched();
    await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 43_200 });
    await queue.send(['another']);
    await pass(3_600_000);
  });

  it('not while nothing waits', async () => {
    const { pass, queue } = await watched();
    const [message] = await queue.receive({ max: 1, waitSeconds: 0, visibilitySeconds: 60 });
    await queue.delete([message!.receipt]);
    await pass(3_600_000);
  });

  it('not while answers come, and then the queue is not even asked', async () => {
    const { pass, watch, world } = await watched();
    for (let second = 0; second < 3600; second += 5) {
      await pass(5_000, 5_000);
      watch.answered();
    }
    expect(world.asked).toBe(0);
  });

  it('not because the machine slept', async () => {
    const { pass } = await watched();
    await pass(3_600_000, 3_600_000);
    await pass(STRAGGLERS.abandonedMs - 3 * LOOK_MS);
  });

  it('not by a master that may not look', async () => {
    const { pass, world } = await watched();
    world.refused = true;
    await pass(3_600_000);
    expect(world.asked).toBe(360);
  });
});
