import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './cli.ts';
import { writeV2 } from './zarr-v2.ts';

const MIB = 1024 * 1024;
/** What a master takes at most, whatever the matrices: see docs/memory.md. */
const MASTER_BYTES = 192 * MIB;

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
});

interface Measured {
  readonly budget: number;
  readonly planned: number;
  /** The largest of each worker, by its own word and as seen from outside. */
  readonly workers: number[];
  readonly master: number;
}

/** Runs a job while the system's record of its processes is looked at from outside. */
async function measured(...args: string[]): Promise<Measured> {
  const seen = { '--kernel': new Map<number, number>(), '--job': new Map<number, number>() };
  const timer = setInterval(() => {
    for (const [program, peaks] of Object.entries(seen)) {
      for (const pid of desk.processes(program)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, peakOf(pid)));
    }
  }, 50);
  try {
    const outcome = await desk.json(...args, '--workers', '2', '--seed', '1');
    expect(outcome).toMatchObject({ retries: 0, verified: { ok: true } });
    const { memory } = outcome as unknown as {
      memory: {
        budgetBytes: number;
        plannedBytes: number;
        masterPeakBytes: number;
        workerPeakBytes: Record<string, number>;
      };
    };
    const workers = [...Object.values(memory.workerPeakBytes), ...seen['--kernel'].values()];
    // Both were seen; one that got no package says nothing of itself.
    expect(seen['--kernel'].size).toBe(2);
    const master = Math.max(memory.masterPeakBytes, ...seen['--job'].values());
    return { budget: memory.budgetBytes, planned: memory.plannedBytes, workers, master };
  } finally {
    clearInterval(timer);
  }
}

/** VmHWM, proc_pid_status(5); 0 where the process has ended. */
function peakOf(pid: number): number {
  try {
    const [, kibibytes] = /^VmHWM:\s*(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))!;
    return Number(kibibytes) * 1024;
  } catch {
    return 0;
  }
}

function expectWithinModel({ budget, planned, workers, master }: Measured, mib: number): void {
  expect(budget).toBe(mib * MIB);
  expect(planned).toBeLessThanOrEqual(budget);
  for (const peak of workers) expect(peak).toBeLessThanOrEqual(planned);
  expect(master).toBeLessThanOrEqual(MASTER_BYTES);
}

describe.skipIf(!existsSync('/proc/self/status'))('peak resident sizes (from /proc, Linux)', () => {
  it.each([320, 640])('of workers that multiply stay within what the plan counts, under %i MiB', async (mib) => {
    const job = ['multiply', '3000x3000', '3000x3000', '--out', 'C.zarr', '--memory', `${mib}MiB`];
    expectWithinModel(await measured(...job), mib);
  });

  it.each([400])('of workers that map .npy operands too, under %i MiB', async (mib) => {
    await desk.json('add', '3000x3000', '--seed', '1', '--out', 'A.npy');
    const job = ['multiply', 'A.npy', 'A.npy', '--out', 'C.npy', '--memory', `${mib}MiB`];
    expectWithinModel(await measured(...job), mib);
  });

  it.each([400])('of workers that map chunks too, under %i MiB', async (mib) => {
    writeV2(desk.path('A.zarr'), [3000, 3000], [1000, 1000]);
    const job = ['multiply', 'A.zarr', 'A.zarr', '--out', 'C.zarr', '--memory', `${mib}MiB`];
    expectWithinModel(await measured(...job), mib);
  });

  it.each([320, 640])('of workers that add, under %i MiB, for matrices larger than that', async (mib) => {
    const job = ['add', '7000x7000', '7000x7000', '--out', 'C.zarr', '--memory', `${mib}MiB`];
    expectWithinModel(await measured(...job), mib);
  });

  it.each([340])('of workers that read and write CSV, under %i MiB', async (mib) => {
    await desk.json('add', '1500x1500', '--seed', '1', '--out', 'A.csv');
    expectWithinModel(await measured('add', 'A.csv', 'A.csv', '--out', 'C.csv', '--memory', `${mib}MiB`), mib);
  });

  it('of a master do not grow with the matrices', async () => {
    const small = await measured('add', '400x400', '400x400', '--out', 'small.zarr', '--memory', '900MiB');
    const large = await measured('add', '8000x8000', '8000x8000', '--out', 'large.zarr', '--memory', '900MiB');
    // 400 times the elements, 1.5 GB in all.
    expect(large.master - small.master).toBeLessThan(48 * MIB);
  });
});
