import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { allocateTile, createArray, openArray, wholeRegion, type MatrixArray } from '@tessera/matrix';
import { parseMessage, ProgressEvent, type OperandSpec, type Shape } from '@tessera/protocol';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startInProcessFleet, type InProcessFleet } from './in-process.ts';

let fleet: InProcessFleet;
beforeAll(async () => {
  fleet = await startInProcessFleet();
});
afterAll(() => fleet[Symbol.asyncDispose]());

let made = 0;
function random(shape: Shape, operand: number): OperandSpec {
  return {
    kind: 'random',
    shape,
    recipe: { seed: '7', operand, distribution: { kind: 'uniform' } },
    url: fleet.url(`operand-${++made}.zarr`),
  };
}

function stored({ url, shape, dtype }: MatrixArray): OperandSpec {
  return { kind: 'array', url, shape, dtype };
}

async function numbers(url: string): Promise<Float64Array> {
  const array = await openArray(url);
  return (await array.read(wholeRegion(array.shape))).data as Float64Array;
}

function product(a: Float64Array, b: Float64Array, m: number, k: number, n: number): Float64Array {
  const c = new Float64Array(m * n);
  for (let i = 0; i < m; i++)
    for (let p = 0; p < k; p++) for (let j = 0; j < n; j++) c[i * n + j]! += a[i * k + p]! * b[p * n + j]!;
  return c;
}

describe('a job on a fleet in one process', () => {
  it('adds random matrices, verifies the sum and reports', async () => {
    const operands = { A: random([300, 700], 0), B: random([300, 700], 1) };
    const { report, events } = await fleet.run({ op: 'add', operands, output: { url: fleet.url('sum.zarr') } });
    expect(report.error).toBeUndefined();
    expect(report).toMatchObject({ status: 'done', verified: { method: 'exact', ok: true } });
    const [a, b, c] = await Promise.all([
      numbers((operands.A as { url: string }).url),
      numbers((operands.B as { url: string }).url),
      numbers(fleet.url('sum.zarr')),
    ]);
    expect(c.every((element, index) => element === a[index]! + b[index]!)).toBe(true);
    expect(a).not.toEqual(b);
    for (const event of events) parseMessage(ProgressEvent, 'event', JSON.stringify(event));
    expect(events.at(-1)).toMatchObject({ event: 'job:ended', status: 'done' });
  });

  it.each<[Shape, Shape]>([
    [
      [300, 200],
      [200, 250],
    ],
    [
      [1, 1],
      [1, 1],
    ],
    [
      [17, 5000],
      [5000, 13],
    ],
    [
      [700, 3],
      [3, 600],
    ],
  ])('multiplies %s by %s, and a projection agrees', async (shapeA, shapeB) => {
    const operands = { A: random(shapeA, 0), B: random(shapeB, 1) };
    const out = fleet.url(`product-${++made}.zarr`);
    const { report } = await fleet.run({ op: 'multiply', operands, output: { url: out } });
    expect(report.error).toBeUndefined();
    expect(report).toMatchObject({ status: 'done', verified: { method: 'freivalds', ok: true, rounds: 2 } });
    const [a, b, c] = await Promise.all([
      numbers((operands.A as { url: string }).url),
      numbers((operands.B as { url: string }).url),
      numbers(out),
    ]);
    const expected = product(a, b, shapeA[0], shapeA[1], shapeB[1]);
    // |fl(AB) - AB| <= gamma_k |A||B|, twice because both sides are rounded; all elements are positive.
    const bound = 2 * shapeA[1] * 2 ** -53;
    expect(c.every((element, index) => Math.abs(element - expected[index]!) <= bound * expected[index]!)).toBe(true);
  });
});

describe('what a job copes with', () => {
  it('splits a long thin product over k and reduces it in fixed order', async () => {
    const operands = { A: random([20, 200_000], 0), B: random([200_000, 24], 1) };
    const { report, events } = await fleet.run({ op: 'multiply', operands, output: { url: fleet.url('long.zarr') } });
    expect(report).toMatchObject({ status: 'done', verified: { ok: true } });
    expect(events).toContainEqual(expect.objectContaining({ event: 'phase:started', phase: 'reduce' }));
  });

  it('brings NaN and infinities through, and checks such a product by computing it again', async () => {
    const a = await createArray(fleet.url('nan-a.zarr'), { shape: [40, 30], dtype: 'float64', chunk: [40, 30] });
    const b = await createArray(fleet.url('nan-b.zarr'), { shape: [30, 50], dtype: 'float64', chunk: [30, 50] });
    const left = allocateTile('float64', 40, 30);
    const right = allocateTile('float64', 30, 50);
    left.data.forEach((_, index) => (left.data[index] = index % 7));
    right.data.fill(1);
    left.data[5 * 30 + 2] = NaN;
    right.data[3 * 50 + 9] = Infinity;
    await a.write(wholeRegion(a.shape), left);
    await b.write(wholeRegion(b.shape), right);
    const operands = { A: stored(a), B: stored(b) };
    const { report } = await fleet.run({ op: 'multiply', operands, output: { url: fleet.url('nan-c.zarr') } });
    expect(report.error).toBeUndefined();
    expect(report).toMatchObject({ status: 'done', verified: { method: 'recompute', ok: true } });
    const c = await numbers(fleet.url('nan-c.zarr'));
    expect(c[5 * 50 + 1]).toBeNaN();
    expect(c[6 * 50 + 9]).toBe(Infinity);
    expect(Number.isFinite(c[6 * 50 + 8]!)).toBe(true);
  });

  it('fails with the reason when an operand is corrupt, after having tried again', async () => {
    const a = await createArray(fleet.url('bad-a.zarr'), { shape: [500, 600], dtype: 'float64', chunk: [500, 600] });
    await a.write(wholeRegion(a.shape), allocateTile('float64', 500, 600));
    const chunk = join(fleet.directory, 'bad-a.zarr/c/0/0');
    const bytes = readFileSync(chunk);
    bytes[1000]! ^= 1;
    writeFileSync(chunk, bytes);
    const operands = { A: stored(a), B: random([500, 600], 1) };
    const { report, events } = await fleet.run({ op: 'add', operands });
    expect(report.status).toBe('failed');
    expect(report.error).toMatchObject({
      tag: 'PackageFailedError',
      packageId: expect.stringMatching(/^compute-/) as string,
    });
    expect(report.error!.message).toContain('CorruptTileError');
    expect(events.filter((event) => event.event === 'package:failed' && event.retried).length).toBeGreaterThan(0);
  });

  it('drops no element type: float32 operands and results', async () => {
    const operands = { A: random([120, 90], 0), B: random([90, 110], 1) };
    const out = fleet.url('single.zarr');
    const { report } = await fleet.run({ op: 'multiply', operands, dtype: 'float32', output: { url: out } });
    expect(report).toMatchObject({ status: 'done', dtype: 'float32', verified: { ok: true } });
    expect((await openArray(out)).dtype).toBe('float32');
  });

  it('gives the same bits whether tiles travel in messages or through the store', async () => {
    const operands = { A: random([60, 60], 0), B: random([60, 60], 1) };
    const { report } = await fleet.run({ op: 'multiply', operands, output: { url: fleet.url('inline.zarr') } });
    expect(report.bytes.written).toBeLessThan(60 * 60 * 8 * 3);
    const [a, b, c] = await Promise.all([
      numbers((operands.A as { url: string }).url),
      numbers((operands.B as { url: string }).url),
      numbers(fleet.url('inline.zarr')),
    ]);
    const expected = product(a, b, 60, 60, 60);
    expect(c.every((element, index) => Math.abs(element - expected[index]!) <= 120 * 2 ** -53 * expected[index]!)).toBe(
      true,
    );
  });

  it('refuses a plan that no worker could hold, before anything is sent', async () => {
    const operands = { A: random([4000, 4000], 0), B: random([4000, 4000], 1) };
    const { report, events } = await fleet.run({
      op: 'multiply',
      operands,
      fleet: { workers: 2, memoryBytes: 64 << 20, cores: 1 },
    });
    expect(report.error).toMatchObject({ tag: 'PlanDoesNotFitError' });
    expect(report.error!.message).toMatch(/needs \d+ MiB .* limited to 64 MiB/);
    expect(events).toHaveLength(1);
  });
});
