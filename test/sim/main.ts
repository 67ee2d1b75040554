import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { formatSummary, Summary, type RunFigures } from './summary.ts';
import { simulate } from './simulate.ts';
import type { Batch } from './thread.ts';

/**
 * `pnpm sim --runs N --seed S` simulates seeds S to S+N-1 on all cores; `--seed S --trace` shows one of them call by call.
 * Exit code 1 when any run broke a rule, or does not come back.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const runs = Number(values.runs ?? (values.trace ? 1 : 1000));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(runs) || runs < 1) {
  process.stderr.write(`--runs and --seed are whole numbers, but ${values.runs} and ${values.seed} were given\n`);
  process.exit(2);
}
const print = (line: string) => process.stdout.write(`${line}\n`);

/** Seeds for a thread at a time. */
const BATCH = 10;
/** How long a run may take before it counts as hung; they take about 50 ms. */
const LONGEST_MS = 60_000;

// Ctrl-C ends with what the runs so far came to.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const summary = new Summary();
const startedAt = performance.now();
let next = first;

function tell(outcome: RunFigures): void {
  summary.add(outcome);
  for (const violation of outcome.violations) print(`seed ${outcome.seed}: ${violation}`);
  if (outcome.violations.length > 0) print(`  replay: pnpm sim --seed ${outcome.seed} --trace`);
}

/** Simulates seeds in a thread until there are no more. */
async function inThread(): Promise<void> {
  let thread: Worker | undefined;
  while (next < first + runs && !stop.signal.aborted) {
    const batch: Batch = { first: next, count: Math.min(BATCH, first + runs - next) };
    next += batch.count;
    thread ??= new Worker(new URL('thread.ts', import.meta.url));
    if (await simulated(batch, thread)) continue;
    await thread.terminate();
    thread = undefined;
  }
  await thread?.terminate();
}

/** @returns whether the thread can be used further */
function simulated({ first: from, count }: Batch, thread: Worker): Promise<boolean> {
  let seed = from;
  return new Promise((resolve) => {
    const end = (isUsable: boolean) => {
      clearTimeout(watchdog);
      thread.off('message', one).off('error', failed);
      resolve(isUsable);
    };
    const one = (outcome: RunFigures) => {
      watchdog.refresh();
      tell(outcome);
      if (++seed === from + count) end(true);
    };
    const broken = (violation: string) => {
      summary.failing.push(seed);
      print(`seed ${seed}: ${violation}; ${from + count - seed - 1} seeds after it were not run`);
      print(`  replay: pnpm sim --seed ${seed} --trace`);
      end(false);
    };
    const failed = (error: unknown) => broken(`the simulation itself failed: ${String(error)}`);
    const watchdog = setTimeout(() => broken(`it did not come back within ${LONGEST_MS / 1000} s`), LONGEST_MS);
    thread.on('message', one).on('error', failed);
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread is no window
    thread.postMessage({ first: from, count } satisfies Batch);
  });
}

if (values.trace) {
  const trace = (at: number, who: string, what: string) =>
    print(`${(at / 1000).toFixed(3).padStart(10)} ${who.padEnd(10)} ${what}`);
  for (; next < first + runs && !stop.signal.aborted; next++) tell(await simulate(next, { trace }));
} else {
  const threads = Math.min(availableParallelism(), Math.ceil(runs / BATCH));
  await Promise.all(Array.from({ length: threads }, inThread));
}
print(formatSummary(summary, (performance.now() - startedAt) / 1000));
process.exitCode = summary.failing.length > 0 ? 1 : stop.signal.aborted ? 130 : 0;
