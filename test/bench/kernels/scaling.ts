import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { KernelName } from '@tessera/worker';
import { startNumpy } from './numpy.ts';
import type { Numpy } from './numpy.ts';
import { median } from './statistics.ts';

export interface Scaling {
  readonly kernel: KernelName | 'numpy';
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
 * that a busy minute of the machine falls on all of them. numpy beside them, where it is, tells what the machine has to
 * give: two cores share memory, clock and sometimes more.
 */
export async function measureScaling(kernels: readonly KernelName[], n: number, rounds: number): Promise<Scaling[]> {
  const times = 4;
  const gflops = (2 * n ** 3 * times) / 1e9;
  const teams: Team[] = [];
  try {
    for (const kernel of kernels)
      teams.push(teamOf(kernel, [await start(kernel, n, times), await start(kernel, n, times)]));
    const pythons = await Promise.all([startNumpy(), startNumpy()]);
    if (pythons[0] && pythons[1])
      teams.push(teamOf('numpy', [seconds(pythons[0], n, times), seconds(pythons[1], n, times)]));
    for (const { workers } of teams) for (const worker of workers) await worker.run();
    for (let round = 0; round < rounds; round++)
      for (const { workers, alone, together } of teams) {
        alone.push(gflops / (await workers[round % 2]!.run()));
        const both = await Promise.all(workers.map((worker) => worker.run()));
        together.push(both.reduce((rate, taken) => rate + gflops / taken, 0));
      }
  } finally {
    for (const { workers } of teams) for (const worker of workers) worker.close();
  }
  return teams.map(({ kernel, alone, together }) => {
    const ratios = together.map((rate, round) => rate / alone[round]!);
    return { kernel, n, one: median(alone), two: median(together), scaling: median(ratios), best: Math.max(...ratios) };
  });
}

interface Team {
  readonly kernel: Scaling['kernel'];
  readonly workers: readonly Multiplier[];
  readonly alone: number[];
  readonly together: number[];
}

/** A process that multiplies `times` times and says how many seconds it took. */
interface Multiplier {
  run(): Promise<number>;
  close(): void;
}

const teamOf = (kernel: Scaling['kernel'], workers: readonly Multiplier[]): Team => ({
  kernel,
  workers,
  alone: [],
  together: [],
});

async function start(kernel: KernelName, n: number, times: number): Promise<Multiplier> {
  const child = fork(join(import.meta.dirname, 'worker-process.ts'), [kernel, String(n), String(times)]);
  await once(child, 'message');
  return {
    async run() {
      child.send('go');
      const [taken] = (await once(child, 'message')) as [number];
      return taken;
    },
    close: () => child.disconnect(),
  };
}

const seconds = (numpy: Numpy, n: number, times: number): Multiplier => ({
  async run() {
    let taken = 0;
    for (let i = 0; i < times; i++) taken += await numpy.multiply('float64', n);
    return taken;
  },
  close: () => numpy.close(),
});
