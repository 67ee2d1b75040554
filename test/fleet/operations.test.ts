import { allocateTile, createArray, openArray, wholeRegion } from '@tessera/matrix';
import type { JobSpec, OperandSpec, Report, Shape } from '@tessera/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcessFleet, type InProcessFleet } from './in-process.ts';

let fleet: InProcessFleet;
beforeAll(async () => {
  fleet = await startInProcessFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());

let made = 0;

/** A matrix in memory, row-major. */
interface Dense {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** An operand made from a seed. @param shape as the operation takes it */
function random(shape: Shape, operand: number, transposed?: boolean): OperandSpec & { url: string } {
  return {
    kind: 'random',
    shape,
    ...(transposed ? { transposed } : {}),
    recipe: { seed: '7', operand, distribution: { kind: 'uniform' } },
    url: fleet.url(`operand-${++made}.zarr`),
  };
}

/** A stored operand of whole numbers around zero, in a file of its own. @param shape as the operation takes it */
async function stored(
  shape: Shape,
  { transposed = false, extension = 'npy', chunk }: { transposed?: boolean; extension?: string; chunk?: Shape } = {},
): Promise<OperandSpec & { url: string }> {
  const url = fleet.url(`given-${++made}.${extension}`);
  const [rows, cols] = transposed ? [shape[1], shape[0]] : shape;
  const array = await createArray(url, { shape: [rows, cols], dtype: 'float64', chunk });
  const tile = allocateTile('float64', rows, cols);
  for (let at = 0; at < tile.data.length; at++) tile.data[at] = ((at * 7919 + made) % 31) - 15;
  await array.write(wholeRegion(array.shape), tile);
  await array.close();
  return {
    kind: 'array',
    shape,
    dtype: 'float64',
    url,
    ...(transposed ? { transposed } : {}),
    ...(chunk ? { chunk } : {}),
  };
}

/** What a job saw of an operand. */
async function operandOf(operand: OperandSpec & { url: string }): Promise<Dense> {
  const found = await numbers(operand.url);
  return operand.transposed ? transposeOf(found) : found;
}

async function numbers(url: string): Promise<Dense> {
  const array = await openArray(url);
  const { rows, cols, data } = await array.read(wholeRegion(array.shape));
  return { rows, cols, data: data as Float64Array };
}

function transposeOf({ rows, cols, data }: Dense): Dense {
  const other = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++)
    for (let col = 0; col < cols; col++) other[col * rows + row] = data[row * cols + col]!;
  return { rows: cols, cols: rows, data: other };
}

function product(a: Dense, b: Dense): Dense {
  const data = new Float64Array(a.rows * b.cols);
  for (let i = 0; i < a.rows; i++)
    for (let p = 0; p < a.cols; p++)
      for (let j = 0; j < b.cols; j++) data[i * b.cols + j]! += a.data[i * a.cols + p]! * b.data[p * b.cols + j]!;
  return { rows: a.rows, cols: b.cols, data };
}

/** Compares with the largest element: |fl(AB) - AB| <= gamma_{k+4} |A||B| <= gamma_{k+4} k max|A| max|B|, twice. */
function expectClose(found: Dense, expected: Dense, k: number, scale: number): void {
  expect([found.rows, found.cols]).toEqual([expected.rows, expected.cols]);
  const bound = 2 * (k + 4) * 2 ** -53 * scale;
  const off = found.data.reduce((most, element, at) => Math.max(most, Math.abs(element - expected.data[at]!)), 0);
  expect(off).toBeLessThanOrEqual(bound);
}

async function run(job: Pick<JobSpec, 'op' | 'operands'> & Partial<JobSpec>, extension = 'zarr') {
  const out = fleet.url(`result-${++made}.${extension}`);
  const { report, events } = await fleet.run({ ...job, output: { url: out } });
  return { report, events, out };
}

function expectVerified(report: Report, method: Report['verified']['method']): void {
  expect(report.error).toBeUndefined();
  expect(report).toMatchObject({ status: 'done', verified: { method, ok: true } });
}

describe('subtract', () => {
  it.each<[Shape, JobSpec['dtype']]>([
    [[300, 700], 'float64'],
    [[1, 1], 'float64'],
    [[40, 50], 'float32'],
  ])('of %s %s is exact, element by element', async (shape, dtype) => {
    const operands = { A: random(shape, 0), B: random(shape, 1) };
    const { report, out } = await run({ op: 'subtract', operands, dtype });
    expectVerified(report, 'exact');
    const [a, b, c] = await Promise.all([numbers(operands.A.url), numbers(operands.B.url), numbers(out)]);
    const round = dtype === 'float32' ? Math.fround : (x: number) => x;
    expect(c.data.every((element, at) => element === round(a.data[at]! - b.data[at]!))).toBe(true);
    expect(c.data.some((element) => element !== 0)).toBe(true);
  });

  it('refuses operands of different shapes, and transposed ones', async () => {
    const different = await run({ op: 'subtract', operands: { A: random([3, 4], 0), B: random([3, 4], 1, true) } });
    expect(different.report.error).toMatchObject({ tag: 'OperandRefusedError' });
  });
});

describe('multiply', () => {
  it.each([
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ])('takes A transposed: %s, B transposed: %s', async (transA, transB) => {
    const operands = {
      A: random([170, 230], 0, transA),
      B: await stored([230, 190], { transposed: transB, extension: transB ? 'npy' : 'zarr', chunk: [64, 64] }),
    };
    const { report, out } = await run({ op: 'multiply', operands });
    expectVerified(report, 'freivalds');
    const [a, b, c] = [await operandOf(operands.A), await operandOf(operands.B), await numbers(out)];
    expectClose(c, product(a, b), 230, 230 * 15);
  });

  it.each([
    { alpha: 2.5, beta: -0.5 },
    { alpha: -1, beta: 1 },
    { alpha: 0, beta: 3 },
    { alpha: 1.5, beta: 0 },
    { beta: 2 },
    {},
  ])('adds C0 as the BLAS does: %j', async (scalars) => {
    const operands = {
      A: await stored([90, 110]),
      B: await stored([110, 70], { transposed: true }),
      C0: await stored([90, 70], { extension: 'zarr', chunk: [25, 70] }),
    };
    const { report, out } = await run({ op: 'multiply', operands, ...scalars }, 'npy');
    expectVerified(report, 'freivalds');
    const { data } = product(await operandOf(operands.A), await operandOf(operands.B));
    const c0 = await operandOf(operands.C0);
    const { alpha = 1, beta = 1 } = scalars as { alpha?: number; beta?: number };
    const expected = { rows: 90, cols: 70, data: data.map((sum, at) => alpha * sum + beta * c0.data[at]!) };
    // Small whole numbers and halves: every sum is exact.
    expect((await numbers(out)).data).toEqual(expected.data);
  });

  it('adds C0 once when k is split', async () => {
    const operands = { A: await stored([12, 150_000]), B: await stored([150_000, 9]), C0: await stored([12, 9]) };
    const { report, out, events } = await run({ op: 'multiply', operands, alpha: 2, beta: -3 });
    expectVerified(report, 'freivalds');
    expect(events).toContainEqual(expect.objectContaining({ event: 'phase:started', phase: 'reduce' }));
    const { data } = product(await operandOf(operands.A), await operandOf(operands.B));
    const c0 = await operandOf(operands.C0);
    expect((await numbers(out)).data).toEqual(data.map((sum, at) => 2 * sum - 3 * c0.data[at]!));
  });

  it('brings NaN of C0 through and checks such a block by computing it again', async () => {
    const c0 = await createArray(fleet.url('nan-c0.npy'), { shape: [20, 30], dtype: 'float64' });
    const tile = allocateTile('float64', 20, 30);
    tile.data[5 * 30 + 7] = NaN;
    await c0.write(wholeRegion(c0.shape), tile);
    await c0.close();
    const operands = {
      A: await stored([20, 25]),
      B: await stored([25, 30]),
      C0: { kind: 'array' as const, url: c0.url, shape: [20, 30] as const, dtype: 'float64' as const },
    };
    const { report, out } = await run({ op: 'multiply', operands, beta: 0.5 });
    expectVerified(report, 'recompute');
    const c = await numbers(out);
    expect([...c.data.keys()].filter((at) => Number.isNaN(c.data[at]))).toEqual([5 * 30 + 7]);
  });

  it('refuses a beta without a matrix to add, and one of another shape', async () => {
    const operands = { A: random([3, 4], 0), B: random([4, 5], 1) };
    expect((await run({ op: 'multiply', operands, beta: 2 })).report.error?.message).toContain('none is given');
    const wrong = await run({ op: 'multiply', operands: { ...operands, C0: random([5, 3], 2) } });
    expect(wrong.report.error?.message).toContain('3x5, but C0 is 5x3');
  });
});

describe('gram', () => {
  it.each<[Shape, boolean, Partial<JobSpec>]>([
    [[200, 130], false, {}],
    [[130, 301], true, {}],
    [[1, 1], false, {}],
    [[200, 420], false, { fleet: { workers: 8, memoryBytes: 1 << 30, cores: 1 } }],
    [[90_000, 12], false, { fleet: { workers: 4, memoryBytes: 1 << 30, cores: 1 } }],
    [[120, 90], false, { dtype: 'float32' }],
  ])('of %s, transposed: %s, is AᵀA and exactly symmetric', async (shape, transposed, rest) => {
    const A = random(shape, 0, transposed);
    const { report, out } = await run({ op: 'gram', operands: { A, B: A }, ...rest });
    expectVerified(report, 'freivalds');
    expect(report.shapes.C).toEqual([shape[1], shape[1]]);
    const [a, c] = [await operandOf(A), await numbers(out)];
    const roundoff = rest.dtype === 'float32' ? 2 ** 29 : 1;
    expectClose(c, product(transposeOf(a), a), shape[0], shape[0] * roundoff);
    const mirrored = transposeOf(c).data;
    expect(c.data.every((element, at) => element === mirrored[at])).toBe(true);
  });

  it('computes only the blocks above the diagonal when there are several', async () => {
    const A = random([400, 900], 0);
    const { report, events } = await run({
      op: 'gram',
      operands: { A, B: A },
      fleet: { workers: 3, memoryBytes: 1 << 30, cores: 1, rates: { flopsPerSecond: 1e7 } },
    });
    expectVerified(report, 'freivalds');
    const planned = events.find((event) => event.event === 'job:planned')!;
    const computed = planned.phases.find(({ phase }) => phase === 'compute')!.packages;
    expect([3, 6, 10, 15, 21, 28]).toContain(computed);
  });

  it('brings NaN through, and is then computed again to be checked', async () => {
    const a = await createArray(fleet.url('gram-nan.npy'), { shape: [30, 20], dtype: 'float64' });
    const tile = allocateTile('float64', 30, 20);
    tile.data.fill(1);
    tile.data[3 * 20 + 4] = NaN;
    await a.write(wholeRegion(a.shape), tile);
    await a.close();
    const A: OperandSpec = { kind: 'array', url: a.url, shape: [30, 20], dtype: 'float64' };
    const { report, out } = await run({ op: 'gram', operands: { A, B: A } });
    expectVerified(report, 'recompute');
    const c = await numbers(out);
    expect(c.data[4 * 20 + 1]).toBeNaN();
    expect(c.data[1 * 20 + 4]).toBeNaN();
    expect(c.data[1 * 20 + 1]).toBe(30);
  });
});
