import { parentPort } from 'node:worker_threads';
import * as fc from 'fast-check';
import { attack, type Target } from './target.ts';
import { targets } from './targets/index.ts';

/** Memory that one input may take: none of them is larger than a few KiB. */
const MOST_MIB = 256;

interface Order {
  readonly name: string;
  readonly seed: number;
  readonly runs: number;
}

parentPort!.on('message', async (order: Order | 'end') => {
  if (order === 'end') {
    await Promise.all(targets.map((one) => one.close?.()));
    process.exit();
  }
  const { name, seed, runs } = order;
  const target = targets.find((one) => one.name === name)!;
  let slowestMs = 0;
  let grewMiB = 0;
  const property = fc.asyncProperty(target.inputs, async (input) => {
    const startedAt = performance.now();
    const before = outsideMiB();
    await attack(target as Target, input);
    slowestMs = Math.max(slowestMs, performance.now() - startedAt);
    const grew = outsideMiB() - before;
    grewMiB = Math.max(grewMiB, grew);
    if (grew > MOST_MIB) throw new Error(`memory grew by ${grew.toFixed(0)} MiB`);
  });
  const found = await fc.check(property, { seed, numRuns: runs });
  const [input] = found.counterexample ?? [];
  const failure = found.failed
    ? `${String(found.errorInstance).slice(0, 300)}; for ${fc.stringify(input).slice(0, 500)}`
    : undefined;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  parentPort!.postMessage({ failure, slowestMs, grewMiB });
});

/** Buffers outside the heap, which limits on the heap don't see. */
function outsideMiB(): number {
  const { arrayBuffers, rss } = process.memoryUsage();
  return Math.max(arrayBuffers, rss) / 2 ** 20;
}
