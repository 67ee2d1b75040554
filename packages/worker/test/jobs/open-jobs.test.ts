import { memoryStore, type MatrixArray } from '@tessera/matrix';
import { jobKey, PROTOCOL_VERSION, type Manifest } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { OpenJobs, UnknownJobError } from '../../src/index.ts';

const piece = { kind: 'array', array: 'A', row: 0, col: 0, rows: 1, cols: 1 } as const;

/** Jobs `job-0` to `job-<count - 1>` with an array each, and the jobs whose array was opened and closed, in order. */
async function fleetOf(count: number) {
  const objects = memoryStore();
  const submit = async (number: number) => {
    const manifest: Manifest = {
      v: PROTOCOL_VERSION,
      jobId: `job-${number}`,
      op: 'add',
      dtype: 'float64',
      kernel: 'loops',
      workspace: 'file:///w',
      arrays: { A: { url: `file:///w/${number}.zarr`, shape: [1, 1], dtype: 'float64', chunk: [1, 1] } },
      texts: {},
    };
    await objects.set(jobKey(manifest.jobId, 'manifest'), new TextEncoder().encode(JSON.stringify(manifest)));
  };
  for (let number = 0; number < count; number++) await submit(number);
  const opened: number[] = [];
  const closed: number[] = [];
  const jobs = new OpenJobs({
    objects,
    openArray: async ({ url }) => {
      const number = Number(/\d+/.exec(url));
      opened.push(number);
      return { close: async () => void closed.push(number) } as unknown as MatrixArray;
    },
    openWorkspace: async () => objects,
    context: {},
  });
  const take = async (number: number) => {
    const lease = await jobs.take(`job-${number}`);
    await lease.job.array(piece);
    return lease;
  };
  /** Takes a job and lets it go at once. */
  const visit = async (number: number) => {
    using _ = await take(number);
  };
  /** Closing goes on behind the scenes. */
  const settled = () => new Promise((resolve) => setImmediate(resolve));
  return { jobs, submit, opened, closed, take, visit, settled };
}

describe('the jobs that a worker keeps open', () => {
  it('are eight at most, and the one that was not asked for the longest goes', async () => {
    const { opened, closed, visit, settled } = await fleetOf(9);
    for (const number of [0, 1, 2, 3, 4, 5, 6, 7, 0, 8]) await visit(number);
    await settled();
    expect(opened).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
    expect(closed).toEqual([1]);
  });

  it('are more while packages of more run: none is closed under its package', async () => {
    const { closed, take, settled } = await fleetOf(12);
    const leases = [];
    for (let number = 0; number < 12; number++) leases.push(await take(number));
    await settled();
    expect(closed).toEqual([]);
    for (const lease of leases.toReversed()) lease[Symbol.dispose]();
    await settled();
    expect(closed).toEqual([11, 10, 9, 8]);
  });

  it('are closed, where their job is over, when the last who uses them lets go', async () => {
    const { jobs, opened, closed, take, visit, settled } = await fleetOf(1);
    const [one, other] = [await take(0), await take(0)];
    await jobs.forget('job-0');
    one[Symbol.dispose]();
    await settled();
    expect(closed).toEqual([]);
    other[Symbol.dispose]();
    await settled();
    expect(closed).toEqual([0]);
    await visit(0);
    expect(opened).toEqual([0, 0]);
  });

  it('do not include one that could not be opened: the next who asks reads its manifest anew', async () => {
    const { jobs, submit, opened, visit } = await fleetOf(0);
    await expect(jobs.take('job-0')).rejects.toThrow(UnknownJobError);
    await submit(0);
    await visit(0);
    expect(opened).toEqual([0]);
  });
});
