import { once } from 'node:events';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { targets } from './targets/index.ts';

/**
 * `pnpm fuzz --seconds 60 --seed N [--target NAME]` attacks all parsers (or those whose name has NAME in it) in turn, from
 * that seed on, and prints what they did not stand, with the command that repeats it. Exit code 1 when there is any.
 * The attacks run in a thread of their own: one that does not come back is named, and counts as found.
 */
const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    runs: { type: 'string', default: '200' },
    target: { type: 'string', default: '' },
  },
});
const [seconds, seed, runs] = [Number(values.seconds), Number(values.seed), Number(values.runs)];
const chosen = targets.map(({ name }) => name).filter((name) => name.includes(values.target));
if (!(seconds > 0) || !Number.isSafeInteger(seed) || !(runs > 0) || chosen.length === 0) {
  process.stderr.write(
    `--seconds, --seed and --runs are numbers; --target is part of: ${targets.map(({ name }) => name).join(', ')}\n`,
  );
  process.exit(2);
}

/** How long one batch may take before it counts as hung, and how much the heap and the rest may grow. */
const BATCH_MS = 60_000;
const HEAP_MIB = 1024;

const print = (line: string) => process.stdout.write(`${line}\n`);
const counts = new Map(chosen.map((name) => [name, { runs: 0, found: 0, slowestMs: 0, mostMiB: 0 }]));
const endsAt = performance.now() + 1000 * seconds;

/** What the thread tells of one batch. */
interface Batch {
  readonly failure: string | undefined;
  readonly slowestMs: number;
  readonly grewMiB: number;
}

let thread: Worker | undefined;

function batch(name: string, batchSeed: number): Promise<Batch> {
  thread ??= new Worker(new URL('thread.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB },
  });
  const current = thread;
  return new Promise((resolve) => {
    const end = (outcome: Batch) => {
      clearTimeout(watchdog);
      current.off('message', end).off('error', failed);
      resolve(outcome);
    };
    const broken = (failure: string) => {
      thread = undefined;
      void current.terminate();
      end({ failure, slowestMs: BATCH_MS, grewMiB: 0 });
    };
    const watchdog = setTimeout(() => broken(`no end after ${BATCH_MS / 1000} s`), BATCH_MS);
    const failed = (error: Error) => broken(String(error));
    current.on('message', end);
    current.on('error', failed);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    current.postMessage({ name, seed: batchSeed, runs });
  });
}

let next = seed;
while (performance.now() < endsAt) {
  for (const name of chosen) {
    if (performance.now() >= endsAt) break;
    const { failure, slowestMs, grewMiB } = await batch(name, next);
    const count = counts.get(name)!;
    count.runs += runs;
    count.slowestMs = Math.max(count.slowestMs, slowestMs);
    count.mostMiB = Math.max(count.mostMiB, grewMiB);
    if (failure === undefined) continue;
    count.found++;
    print(`${name}, seed ${next}: ${failure}\n  repeat: pnpm fuzz --seed ${next} --seconds 1 --target '${name}'`);
  }
  next++;
}
if (thread) {
  const gone = once(thread, 'exit');
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
  thread.postMessage('end');
  await gone;
}
print(
  `${'parser'.padEnd(34)}${'inputs'.padStart(10)}${'found'.padStart(8)}${'slowest'.padStart(12)}${'grew'.padStart(10)}`,
);
for (const [name, { runs, found, slowestMs, mostMiB }] of counts) {
  const cells = [String(runs).padStart(10), String(found).padStart(8)];
  print(
    `${name.padEnd(34)}${cells.join('')}${`${slowestMs.toFixed(1)} ms`.padStart(12)}${`${mostMiB.toFixed(0)} MiB`.padStart(10)}`,
  );
}
process.exitCode = [...counts.values()].some(({ found }) => found > 0) ? 1 : 0;
