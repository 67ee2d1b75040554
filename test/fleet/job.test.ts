import { openArray, wholeRegion } from '@tessera/matrix';
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
