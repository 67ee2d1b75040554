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

/** Two worker processes of one thread each against one of them, round by round. */
export async function measureScaling(kernel: KernelName, n: number, rounds: number): Promise<Scaling> {
  const times = 6;
  const start = async (): Promise<ChildProcess> => {
    const child = fork(join(import.meta.dirname, 'worker-process.ts'), [kernel, String(n), String(times)]);
    await once(child, 'message');
    return child;
  };
  const workers = [await start(), await start()];
  const run = async (child: ChildProcess): Promise<number> => {
    child.send('go');
    const [seconds] = (await once(child, 'message')) as [number];
    return seconds;
  };
  const gflops = (2 * n ** 3 * times) / 1e9;
  const alone: number[] = [];
  const together: number[] = [];
  try {
    for (let round = 0; round < rounds; round++) {
      alone.push(gflops / (await run(workers[round % 2]!)));
      const seconds = await Promise.all(workers.map(run));
      together.push(seconds.reduce((rate, taken) => rate + gflops / taken, 0));
    }
  } finally {
    for (const worker of workers) worker.disconnect();
  }
  const ratios = together.map((rate, round) => rate / alone[round]!);
  return { kernel, n, one: median(alone), two: median(together), scaling: median(ratios), best: Math.max(...ratios) };
}
