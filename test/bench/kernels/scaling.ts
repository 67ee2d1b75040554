import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { KernelName } from '@tessera/worker';
import { median } from './statistics.ts';

export interface Scaling {
  readonly kernel: KernelName;
  readonly n: number;
  /** GFLOPS of one worker process alone, and of two at once together. */
  readonly one: number;
  readonly two: number;
  /** Median over rounds of two/one. */
  readonly scaling: number;
  readonly best: number;
}

/**
 * For each kernel two worker processes of one thread each against one of them, round by round and kernel by kernel, so
 * that a busy minute of the machine falls on all of them.
 */
export async function measureScaling(kernels: readonly KernelName[], n: number, rounds: number): Promise<Scaling[]> {
  const times = 4;
  const gflops = (2 * n ** 3 * times) / 1e9;
  const teams: { kernel: KernelName; workers: ChildProcess[]; alone: number[]; together: number[] }[] = [];
  try {
    for (const kernel of kernels)
      teams.push({
        kernel,
        workers: [await start(kernel, n, times), await start(kernel, n, times)],
        alone: [],
        together: [],
      });
    for (let round = 0; round < rounds; round++)
      for (const { workers, alone, together } of teams) {
        alone.push(gflops / (await run(workers[round % 2]!)));
        const seconds = await Promise.all(workers.map(run));
        together.push(seconds.reduce((rate, taken) => rate + gflops / taken, 0));
      }
  } finally {
    for (const { workers } of teams) for (const worker of workers) worker.disconnect();
  }
  return teams.map(({ kernel, alone, together }) => {
    const ratios = together.map((rate, round) => rate / alone[round]!);
    return { kernel, n, one: median(alone), two: median(together), scaling: median(ratios), best: Math.max(...ratios) };
  });
}

async function start(kernel: KernelName, n: number, times: number): Promise<ChildProcess> {
  const child = fork(join(import.meta.dirname, 'worker-process.ts'), [kernel, String(n), String(times)]);
  await once(child, 'message');
  return child;
}

/** Seconds for the worker's share of multiplications. */
async function run(child: ChildProcess): Promise<number> {
  child.send('go');
  const [seconds] = (await once(child, 'message')) as [number];
  return seconds;
}
