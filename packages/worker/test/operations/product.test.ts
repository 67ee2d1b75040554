import fc from 'fast-check';
import type { ArrayPiece, CheckOutcome, DType, PackageBody, Shape } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { jobInMemory, type JobInMemory } from './job-in-memory.ts';

const vectors = { seed: '42', rounds: 2 };

function whole(array: string, [rows, cols]: Shape): ArrayPiece {
  return { kind: 'array', array, row: 0, col: 0, rows, cols };
}

/** A product C = alpha·op(A)·op(B) + beta·C0 to compute and to check. */
interface Given {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly kStep: number;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly alpha: number;
  readonly beta: number;
  readonly dtype: DType;
}

const elementOf = (seed: number) => (row: number, col: number) => Math.sin(seed + row * 12.9898 + col * 78.233) * 10;

async function computed(given: Given): Promise<JobInMemory> {
  const { m, n, k, kStep, transA, transB, alpha, beta, dtype } = given;
  const job = jobInMemory(dtype);
  const [shapeA, shapeB]: [Shape, Shape] = [transA ? [k, m] : [m, k], transB ? [n, k] : [k, n]];
  await job.array('A', shapeA, elementOf(1), [Math.min(7, shapeA[0]), Math.min(5, shapeA[1])]);
  await job.array('B', shapeB, elementOf(2), [Math.min(4, shapeB[0]), Math.min(9, shapeB[1])]);
  await job.array('C0', [m, n], elementOf(3));
  await job.array('C', [m, n], () => NaN);
  await job.array('Y', [k, vectors.rounds + 1]);
  await job.run({
    kind: 'multiply',
    a: whole('A', shapeA),
    b: whole('B', shapeB),
    c: whole('C', [m, n]),
    c0: whole('C0', [m, n]),
    kStep,
    transA,
    transB,
    alpha,
    beta,
  });
  return job;
}

/** @param kRange columns of op(A) that are multiplied at once, and then summed; all, in one step, where it is missing */
async function check(job: JobInMemory, given: Given, kRange?: number): Promise<CheckOutcome> {
  const { m, n, k, transA, transB, alpha, beta } = given;
  const width = vectors.rounds + 1;
  const y = whole('Y', [k, width]);
  await job.run({
    kind: 'verify',
    check: { step: 'project', b: whole('B', transB ? [n, k] : [k, n]), transB, vectors, y },
  });
  const a = whole('A', transA ? [k, m] : [m, k]);
  const compared = { alpha, beta, c0: whole('C0', [m, n]), c: whole('C', [m, n]), vectors };
  if (kRange === undefined) {
    const outcome = await job.run({ kind: 'verify', check: { step: 'product', a, transA, y, ...compared } });
    return outcome.check!;
  }
  const z = whole('Z', [m, Math.ceil(k / kRange) * width]);
  await job.array('Z', [m, z.cols], () => NaN, [m, width]);
  for (let from = k - (k % kRange || kRange); from >= 0; from -= kRange) {
    const size = Math.min(kRange, k - from);
    const part = transA ? { ...a, row: from, rows: size } : { ...a, col: from, cols: size };
    const known = { y: { ...y, row: from, rows: size }, z: { ...z, col: (from / kRange) * width, cols: width } };
    await job.run({ kind: 'verify', check: { step: 'apply', a: part, transA, ...known } });
  }
  const outcome = await job.run({ kind: 'verify', check: { step: 'total', k, z, ...compared } });
  return outcome.check!;
}

const size = fc.integer({ min: 1, max: 40 });
const scalar = fc.constantFrom(0, 1, -1, 0.1, 1e6, -3.75);
const given: fc.Arbitrary<Given> = fc.record({
  m: size,
  n: size,
  k: size,
  kStep: size,
  transA: fc.boolean(),
  transB: fc.boolean(),
  alpha: scalar,
  beta: scalar,
  dtype: fc.constantFrom('float64' as const, 'float32' as const),
});

describe('the check of a product', () => {
  it('finds every right block right, whatever its scalars, transposes, steps and type', async () => {
    await fc.assert(
      fc.asyncProperty(given, async (task) => {
        const job = await computed(task);
        const outcome = await check(job, task);
        expect(outcome).toMatchObject({ ok: true, nonFinite: false });
        expect(outcome.worst).toBeLessThan(0.5);
        await job.close();
      }),
      { numRuns: 60 },
    );
  });

  it('finds it right too where ranges of k are multiplied first and then summed', async () => {
    await fc.assert(
      fc.asyncProperty(given, size, async (task, kRange) => {
        const job = await computed(task);
        const outcome = await check(job, task, kRange);
        expect(outcome).toMatchObject({ ok: true, nonFinite: false });
        expect(outcome.worst).toBeLessThan(0.5);
        await job.close();
      }),
      { numRuns: 40 },
    );
  });

  it.each([
    ['at once', undefined],
    ['in ranges of k', 7],
  ])('finds one wrong element, a forgotten C0, a wrong scalar or a transpose, %s', async (_, kRange) => {
    const task: Given = {
      m: 24,
      n: 24,
      k: 24,
      kStep: 10,
      transA: true,
      transB: false,
      alpha: 0.5,
      beta: 2,
      dtype: 'float64',
    };
    const job = await computed(task);
    expect(await check(job, task, kRange)).toMatchObject({ ok: true });
    for (const wrong of [{ alpha: 0.5001 }, { beta: 0 }, { transA: false }, { transB: true }]) {
      expect(await check(job, { ...task, ...wrong }, kRange)).toMatchObject({ ok: false, where: { row: 0 } });
    }
    const right = await job.read('C');
    const offBy = 1e-9 * Math.max(...right.data.map(Math.abs));
    await job.array('C', [24, 24], (row, col) => right.data[row * 24 + col]! + (row === 17 && col === 5 ? offBy : 0));
    expect(await check(job, task, kRange)).toMatchObject({ ok: false, where: { row: 17, col: null } });
    await job.close();
  });
});

describe('a block of a product', () => {
  const block = (rest: Partial<Extract<PackageBody, { kind: 'multiply' }>>): PackageBody => ({
    kind: 'multiply',
    a: whole('A', [30, 30]),
    b: whole('A', [30, 30]),
    c: whole('C', [30, 30]),
    kStep: 12,
    transA: true,
    ...rest,
  });

  it('is read once where both operands are the same piece, and symmetrized where it is its own mirror image', async () => {
    const job = jobInMemory();
    const square: Shape = [30, 30];
    await job.array('A', square, elementOf(4), [12, 30]);
    await job.array('B', square, elementOf(4), [12, 30]);
    await job.array('C', square);
    // A and B are different arrays of the same numbers, stored in 3 chunks of 12x30 and their checksums.
    const twice = await job.run(block({ b: whole('B', square) }));
    const once = await job.run(block({ mirror: whole('C', square) }));
    expect(once.bytesRead).toBe(twice.bytesRead / 2);
    const { data } = await job.read('C');
    expect(data.every((element, at) => element === data[(at % 30) * 30 + Math.floor(at / 30)])).toBe(true);
    await job.close();
  });

  it('is stored with its mirror image', async () => {
    const job = jobInMemory();
    await job.array('A', [30, 50], elementOf(5));
    await job.array('C', [50, 50], undefined, [20, 20]);
    const left = { kind: 'array', array: 'A', row: 0, col: 0, rows: 30, cols: 20 } as const;
    const right = { kind: 'array', array: 'A', row: 0, col: 20, rows: 30, cols: 30 } as const;
    const c = { kind: 'array', array: 'C', row: 0, col: 20, rows: 20, cols: 30 } as const;
    const mirror = { kind: 'array', array: 'C', row: 20, col: 0, rows: 30, cols: 20 } as const;
    await job.run(block({ a: left, b: right, c, mirror }));
    await job.run({ ...block({ a: left, b: left, c: { ...c, col: 0, cols: 20 } }) });
    await job.run({ ...block({ a: right, b: right, c: { ...c, row: 20, rows: 30, cols: 30 } }) });
    const { data } = await job.read('C');
    expect(data.every((element, at) => Math.abs(element - data[(at % 50) * 50 + Math.floor(at / 50)]!) < 1e-9)).toBe(
      true,
    );
    expect(data.some((element) => element !== 0)).toBe(true);
    await job.close();
  });

  it('reuses operand pieces that an earlier block kept, within what the plan allows', async () => {
    const job = jobInMemory();
    await job.array('A', [30, 30], elementOf(6), [30, 15]);
    await job.array('B', [30, 60], elementOf(7), [15, 30]);
    await job.array('C', [30, 60], undefined, [30, 30]);
    const half = (col: number, cacheBytes: number) =>
      block({
        b: { kind: 'array', array: 'B', row: 0, col, rows: 30, cols: 30 },
        c: { kind: 'array', array: 'C', row: 0, col, rows: 30, cols: 30 },
        kStep: 15,
        transA: false,
        ...(cacheBytes > 0 ? { cacheBytes } : {}),
      });
    const first = await job.run(half(0, 1 << 20));
    const second = await job.run(half(30, 1 << 20));
    expect(first.reusedBytes).toBeUndefined();
    expect(second.reusedBytes).toBe(30 * 30 * 8);
    expect(second.bytesRead).toBe(first.bytesRead / 2);
    const without = await job.run(half(30, 0));
    expect(without.reusedBytes).toBeUndefined();
    expect(without.bytesRead).toBe(first.bytesRead);
    await job.run({ kind: 'reduce', parts: [whole('A', [30, 30])], c: whole('C', [30, 30]) }).catch(() => undefined);
    expect((await job.run(half(0, 1 << 20))).reusedBytes).toBeUndefined();
    await job.close();
  });
});
