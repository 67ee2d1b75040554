import { parentPort } from 'node:worker_threads';
import { simulate } from './simulate.ts';
import { figuresOf } from './summary.ts';

/** Seeds to simulate, in order. */
export interface Batch {
  readonly first: number;
  readonly count: number;
}

// Thousands of injected errors: nobody reads where they were made.
Error.stackTraceLimit = 0;

parentPort!.on('message', async ({ first, count }: Batch) => {
  for (let seed = first; seed < first + count; seed++) {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    parentPort!.postMessage(figuresOf(await simulate(seed)));
  }
});
