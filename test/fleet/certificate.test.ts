import { hashMatrix, openArray, createArray, wholeRegion, allocateTile, type Shape } from '@tessera/matrix';
import { Certificate, jobKey, parseMessage, type DType, type JobSpec, type OperandSpec } from '@tessera/protocol';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startInProcessFleet, type InProcessFleet } from './in-process.ts';

let fleet: InProcessFleet;
beforeAll(async () => {
  fleet = await startInProcessFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());

let made = 0;

async function stored(
  shape: Shape,
  options: { extension?: string; dtype?: DType; transposed?: boolean; chunk?: Shape } = {},
): Promise<OperandSpec> {
  const { extension = 'npy', dtype = 'float64', transposed = false, chunk } = options;
  const url = fleet.url(`certified-${++made}.${extension}`);
  const array = await createArray(url, { shape: transposed ? [shape[1], shape[0]] : shape, dtype, chunk });
  const [rows, cols] = array.shape;
  const tile = allocateTile(dtype, rows, cols);
  for (let at = 0; at < tile.data.length; at++) tile.data[at] = ((at * 7919 + made) % 31) - 15.5;
  await array.write(wholeRegion(array.shape), tile);
  await array.close();
  return { kind: 'array', shape, dtype, url, ...(transposed ? { transposed } : {}), ...(chunk ? { chunk } : {}) };
}

/** Runs a job, and answers its certificate. */
async function certified(job: Parameters<InProcessFleet['run']>[0]): Promise<Certificate | undefined> {
  const { report } = await fleet.run(job);
  expect(report).toMatchObject({ status: 'done' });
  const bytes = await fleet.objects.get(jobKey(report.jobId, 'certificate'));
  if (bytes === undefined) return undefined;
  const certificate = parseMessage(Certificate, 'certificate', new TextDecoder().decode(bytes));
  expect(certificate.jobId).toBe(report.jobId);
  return certificate;
}

/** That every hash is that of what is stored. */
async function expectHashes({ operands, C }: Certificate, output: string): Promise<void> {
  const { A, B = A, C0 = A } = operands;
  for (const [name, { url, shape, dtype, hash }] of Object.entries({ A, B, C0, C: { ...C, url: output } })) {
    const array = await openArray(url);
    expect([name, array.shape, array.dtype]).toEqual([name, shape, dtype]);
    expect([name, hash?.sha256]).toEqual([name, await hashMatrix(array, hash!.chunk)]);
    await array.close();
  }
}

/** Reads so slowly that a check is worth being cut. */
const slow = { fleet: { workers: 2, memoryBytes: 1 << 30, cores: 1, rates: { bytesPerSecond: 1e6 } } };
const vast = { fleet: { workers: 2, memoryBytes: 1 << 30, cores: 1 } };

const jobs: Record<string, () => Promise<Pick<JobSpec, 'op' | 'operands'> & Partial<JobSpec>>> = {
  'a product of files': async () => ({
    op: 'multiply',
    operands: { A: await stored([230, 310]), B: await stored([310, 170]) },
  }),
  'a product of transposed files, scaled and added to': async () => ({
    op: 'multiply',
    operands: {
      A: await stored([230, 310], { transposed: true }),
      B: await stored([310, 170], { transposed: true, dtype: 'float32' }),
      C0: await stored([230, 170]),
    },
    alpha: 2,
    beta: -1,
  }),
  'a product of Zarr arrays in odd chunks': async () => ({
    op: 'multiply',
    operands: {
      A: await stored([230, 310], { extension: 'zarr', chunk: [100, 70] }),
      B: await stored([310, 170], { extension: 'zarr', chunk: [33, 170] }),
    },
  }),
  'a product in float32': async () => ({
    op: 'multiply',
    operands: { A: await stored([230, 310]), B: await stored([310, 170], { dtype: 'float32' }) },
    dtype: 'float32',
  }),
  'a long and thin product, checked in ranges of k': async () => ({
    ...slow,
    op: 'multiply',
    operands: { A: await stored([6, 50_000]), B: await stored([50_000, 7]) },
  }),
  'a long and thin product of transposed files, checked in ranges of k': async () => ({
    ...slow,
    op: 'multiply',
    operands: {
      A: await stored([6, 50_000], { transposed: true }),
      B: await stored([50_000, 7], { transposed: true }),
    },
    alpha: -2,
  }),
  'a long and thin product of Zarr arrays, checked in ranges of k': async () => ({
    ...slow,
    op: 'multiply',
    operands: {
      A: await stored([6, 50_000], { extension: 'zarr', chunk: [4, 9000] }),
      B: await stored([50_000, 7], { extension: 'zarr', chunk: [3000, 7] }),
    },
  }),
  'AᵀA of a long and thin A, checked in ranges of k': async () => {
    const A = await stored([50_000, 6]);
    return { ...slow, op: 'gram', operands: { A, B: A } };
  },
  AᵀA: async () => {
    const A = await stored([150, 230]);
    return { op: 'gram', operands: { A, B: A } };
  },
  'a sum': async () => ({
    op: 'add',
    operands: { A: await stored([700, 400]), B: await stored([700, 400], { extension: 'zarr', chunk: [90, 400] }) },
  }),
  'a sum that travels in messages': async () => ({
    op: 'subtract',
    operands: { A: await stored([20, 30]), B: await stored([20, 30]) },
  }),
};

it.each(Object.entries(jobs))('a certificate has the hashes of what is stored: %s', async (_, make) => {
  for (const extension of ['zarr', 'npy']) {
    const output = fleet.url(`certified-${++made}.${extension}`);
    const certificate = await certified({ ...vast, ...(await make()), output: { url: output } });
    await expectHashes(certificate!, output);
  }
});

it('tells the residual of a check whose ranges of k were shared out', async () => {
  const operands = { A: await stored([6, 50_000]), B: await stored([50_000, 7]) };
  const { verification } = (await certified({ ...slow, op: 'multiply', operands }))!;
  const [project, verify] = ['project-', 'verify-'].map((phase) =>
    verification.checks.filter(({ packageId }) => packageId.startsWith(phase)),
  );
  expect([project!.length, verify!.length]).toEqual([2 + 4, 1]);
  expect(verify![0]!.residual! / verify![0]!.tolerance!).toBeCloseTo(verify![0]!.worst!, 12);
});

it('names seeds, checks and who made them', async () => {
  const recipe = (operand: number) => ({ seed: '7', operand, distribution: { kind: 'uniform' as const } });
  const certificate = await certified({
    op: 'multiply',
    operands: {
      A: { kind: 'random', shape: [300, 200], recipe: recipe(0), url: fleet.url('certified-A.zarr') },
      B: { kind: 'random', shape: [200, 260], recipe: recipe(1), url: fleet.url('certified-B.zarr') },
    },
  });
  expect(certificate).toMatchObject({
    operands: { A: { recipe: recipe(0) }, B: { recipe: recipe(1) } },
    verification: { method: 'freivalds', rounds: 2, vectors: { generator: 'philox4x32-10', distribution: 'gaussian' } },
  });
  const { verification, workers } = certificate!;
  expect(Date.parse(verification.startedAt)).toBeLessThanOrEqual(Date.parse(verification.endedAt));
  const verified = verification.checks.filter(({ packageId }) => packageId.startsWith('verify-'));
  expect(verified.length).toBeGreaterThan(0);
  for (const { worker, ok, worst, residual, tolerance } of verified) {
    expect(ok).toBe(true);
    expect(residual! / tolerance!).toBeCloseTo(worst!, 12);
    expect(Object.keys(workers)).toContain(worker);
  }
  expect(Object.values(workers).flatMap(({ kernels }) => kernels)).toContainEqual(
    expect.objectContaining({ name: 'loops' }),
  );
});

it('is not written for a job that nobody checked', async () => {
  const operands = { A: await stored([300, 200]), B: await stored([300, 200]) };
  expect(await certified({ op: 'add', operands, verify: { rounds: 0 } })).toBeUndefined();
});
