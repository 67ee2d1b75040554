import { afterAll, describe, expect, it } from 'vitest';
import { KernelFailed, KernelInputError } from '../../src/kernels/errors.ts';
import { dtypeOf, isUnavailable } from '../../src/kernels/kernel.ts';
import type { Dtype, Elements, ElementWise, Gemm, Kernel, KernelUnavailable } from '../../src/kernels/kernel.ts';
import { arrayOf, referenceAdd, referenceGemm, seededRandom } from './reference.ts';
import type { Expected } from './reference.ts';
import { addTolerance, gemmTolerance } from './tolerance.ts';

export interface KernelTraits {
  readonly dtypes: readonly Dtype[];
  /** False for a device whose compiler may assume that there are no NaN and infinities. */
  readonly propagatesNonFinite?: boolean;
  /** Shapes that make a software GPU take seconds are left out for it. */
  readonly largest?: number;
}

/** What every kernel must do, whatever computes. Skipped with the reason printed where the kernel can't be had. */
export async function testKernel(
  name: string,
  open: () => Promise<Kernel | KernelUnavailable>,
  { dtypes, propagatesNonFinite = true, largest = Infinity }: KernelTraits,
): Promise<void> {
  const opened = await open();
  if (isUnavailable(opened)) {
    describe.skip(`${name} kernel (skipped: ${opened.reason})`, () => {
      it('is not available here', () => {});
    });
    process.stderr.write(`skipped the ${name} kernel's contract: ${opened.reason}\n`);
    return;
  }
  afterAll(async () => {
    const last = gemmJob(dtypes[0]!, { m: 70, n: 70, k: 70 });
    const expected = referenceGemm(last);
    const running = opened.gemm(last);
    await Promise.all([opened.close(), opened.close()]);
    expectClose(last, expected, (magnitude) => gemmTolerance(dtypes[0]!, 70, magnitude));
    await running;
    await expect(opened.gemm(last)).rejects.toThrow(KernelFailed);
    await expect(opened.add(addJob(dtypes[0]!, 3, 3))).rejects.toThrow(KernelFailed);
  });
  describe.each(dtypes)(`${name} kernel, %s`, (dtype) => {
    describeMultiply(opened, dtype, largest, propagatesNonFinite);
    describeAdd(opened, dtype);
    it('refuses views that leave their arrays', async () => {
      const job = gemmJob(dtype, { m: 3, n: 4, k: 5 });
      await expect(opened.gemm({ ...job, lda: 4 })).rejects.toThrow(KernelInputError);
      await expect(opened.gemm({ ...job, cOffset: 1 })).rejects.toThrow(KernelInputError);
      await expect(opened.gemm({ ...job, m: -1 })).rejects.toThrow(KernelInputError);
      await expect(opened.gemm({ ...job, k: 1.5 })).rejects.toThrow(KernelInputError);
      const other = arrayOf(dtype === 'float64' ? 'float32' : 'float64', 20, false);
      await expect(opened.gemm({ ...job, b: other })).rejects.toThrow(KernelInputError);
      await expect(opened.add({ ...addJob(dtype, 3, 4), ldb: 3 })).rejects.toThrow(KernelInputError);
    });
  });
}

type Shape = readonly [m: number, n: number, k: number];

const shapes: readonly [title: string, shape: Shape][] = [
  ['1×1', [1, 1, 1]],
  ['primes', [7, 11, 13]],
  ['larger primes', [101, 97, 89]],
  ['ragged edges', [65, 67, 63]],
  ['a multiple of every register tile', [48, 48, 64]],
  ['a row by a column', [1, 1, 300]],
  ['a column by a row', [31, 37, 1]],
  ['a row by a matrix', [1, 130, 67]],
  ['a matrix by a column', [130, 1, 67]],
  ['tall', [331, 5, 17]],
  ['wide', [5, 331, 17]],
  ['wider than the blocks of columns', [13, 2101, 29]],
  ['deeper than the blocks of k', [29, 31, 1031]],
  ['larger than every block', [131, 1061, 277]],
];

function describeMultiply(kernel: Kernel, dtype: Dtype, largest: number, propagatesNonFinite: boolean): void {
  it.each(shapes.filter(([, [m, n, k]]) => m * n * k <= largest))('multiplies %s', async (_title, [m, n, k]) => {
    await expectGemm(kernel, gemmJob(dtype, { m, n, k, shared: true }));
  });

  it('multiplies operands outside shared memory too', async () => {
    await expectGemm(kernel, gemmJob(dtype, { m: 67, n: 71, k: 73, shared: false }));
    await expectGemm(kernel, gemmJob(dtype, { m: 67, n: 71, k: 73, shared: false, beta: 1 }));
  });

  it.each([
    [false, true],
    [true, false],
    [true, true],
  ])('reads stored transposes: A %s, B %s', async (transA, transB) => {
    await expectGemm(kernel, gemmJob(dtype, { m: 67, n: 71, k: 75, transA, transB }));
    await expectGemm(kernel, gemmJob(dtype, { m: 5, n: 3, k: 4, transA, transB }));
  });

  it.each([
    [1, 1],
    [1, -2.5],
    [-0.5, 0],
    [2, 0.5],
    [0, 1],
    [0, -3],
  ])('scales: alpha = %d, beta = %d', async (alpha, beta) => {
    await expectGemm(kernel, gemmJob(dtype, { m: 23, n: 29, k: 31, alpha, beta }));
    await expectGemm(kernel, gemmJob(dtype, { m: 66, n: 68, k: 300, alpha, beta }));
  });

  it('accumulates a product over slices of k into one C', async () => {
    const whole = gemmJob(dtype, { m: 66, n: 65, k: 96 });
    const expected = referenceGemm(whole);
    for (let from = 0; from < 96; from += 32) {
      const slice = { ...whole, k: 32, aOffset: whole.aOffset + from, bOffset: whole.bOffset + from * whole.ldb };
      await kernel.gemm({ ...slice, beta: from === 0 ? 0 : 1 });
    }
    expectClose(whole, expected, (magnitude) => gemmTolerance(dtype, 96 + 3, magnitude));
  });

  it.each([
    [83, 91, 300, 40, 50],
    [300, 1100, 17, 64, 500],
    [120, 5, 500, 50, 5],
    [100, 70, 10, 10, 8],
  ])('gives the cells of %d×%d over %d, of %d×%d each, the bits of jobs of their own', async (m, n, k, rows, cols) => {
    if (m * n * k > largest) return;
    for (const flags of [
      { transA: false, transB: false, beta: 0 },
      { transA: true, transB: true, beta: 0.5 },
    ]) {
      const whole = { ...gemmJob(dtype, { m, n, k, ...flags, alpha: 1.5 }), cell: { rows, cols } };
      const parts = { ...whole, c: whole.c.slice() };
      await kernel.gemm(whole);
      for (let row = 0; row < m; row += rows)
        for (let col = 0; col < n; col += cols)
          await kernel.gemm({
            ...parts,
            m: Math.min(rows, m - row),
            n: Math.min(cols, n - col),
            aOffset: parts.aOffset + row * (flags.transA ? 1 : parts.lda),
            bOffset: parts.bOffset + col * (flags.transB ? parts.ldb : 1),
            cOffset: parts.cOffset + row * parts.ldc + col,
          });
      expect(parts.c).toEqual(whole.c);
    }
  });

  it('writes zeros for k = 0, or what was there times beta', async () => {
    await expectGemm(kernel, gemmJob(dtype, { m: 5, n: 7, k: 0 }));
    await expectGemm(kernel, gemmJob(dtype, { m: 5, n: 7, k: 0, beta: 1 }));
    await expectGemm(kernel, gemmJob(dtype, { m: 5, n: 7, k: 0, beta: -2 }));
    await expectGemm(kernel, gemmJob(dtype, { m: 0, n: 7, k: 3 }));
    await expectGemm(kernel, gemmJob(dtype, { m: 5, n: 0, k: 3 }));
  });

  it('does not read A and B when alpha is zero', async () => {
    const job = gemmJob(dtype, { m: 70, n: 70, k: 70, alpha: 0, beta: 2 });
    job.a.fill(NaN);
    await expectGemm(kernel, job);
  });

  it.each([9, 70])('writes only its block of larger tiles (%d rows)', async (size) => {
    await expectGemm(kernel, gemmJob(dtype, { m: size, n: size + 1, k: size + 2, padding: 5, shared: true }));
    await expectGemm(kernel, gemmJob(dtype, { m: size, n: size + 1, k: size + 2, padding: 5, beta: 1, shared: true }));
    await expectGemm(
      kernel,
      gemmJob(dtype, { m: size, n: size + 1, k: size + 2, padding: 5, shared: false, transA: true }),
    );
  });

  it.runIf(propagatesNonFinite).each([7, 67])('propagates NaN and infinities (%d rows)', async (size) => {
    const job = gemmJob(dtype, { m: size, n: size, k: size });
    job.a[0] = NaN;
    job.a[2 * size + 1] = Infinity;
    job.b[3 * size + 3] = -Infinity;
    for (let i = 0; i < size; i++) job.a[4 * size + i] = 0;
    await expectGemm(kernel, job);
  });

  it('is exact for small integers', async () => {
    const job = gemmJob(dtype, { m: 66, n: 67, k: 65 });
    for (const operand of [job.a, job.b]) operand.forEach((_, i) => (operand[i] = (i % 9) - 4));
    const { value } = referenceGemm(job);
    await kernel.gemm(job);
    expect(Float64Array.from(job.c)).toEqual(value);
  });

  it('computes several jobs at once', async () => {
    const jobs = [64, 65, 66, 67, 68].map((m) => gemmJob(dtype, { m, n: 70, k: 72, shared: m % 2 === 0 }));
    const expected = jobs.map(referenceGemm);
    await Promise.all(jobs.map((job) => kernel.gemm(job)));
    for (const [i, job] of jobs.entries())
      expectClose(job, expected[i]!, (magnitude) => gemmTolerance(dtype, job.k, magnitude));
  });

  it('gives the same bits again', async () => {
    const job = gemmJob(dtype, { m: 129, n: 131, k: 133 });
    await kernel.gemm(job);
    const first = job.c.slice();
    await kernel.gemm(job);
    expect(job.c).toEqual(first);
  });
}

function describeAdd(kernel: Kernel, dtype: Dtype): void {
  it.each([
    [1, 1],
    [3, 5],
    [1, 1031],
    [1031, 1],
    [67, 71],
    [0, 4],
    [1100, 1000],
  ])('adds %d×%d exactly', async (rows, cols) => {
    const job = addJob(dtype, rows, cols);
    const expected = referenceAdd(job);
    await kernel.add(job);
    expectClose({ ...job, m: rows, n: cols }, rounded(dtype, expected), () => 0);
  });

  it.each([
    [1, -1],
    [2, 3],
    [0, 1],
    [1, 0],
    [0, 0],
    [-0.5, 0.25],
  ])('scales: alpha = %d, beta = %d', async (alpha, beta) => {
    const job = { ...addJob(dtype, 33, 35), alpha, beta };
    const expected = referenceAdd(job);
    await kernel.add(job);
    expectClose({ ...job, m: 33, n: 35 }, expected, (magnitude) => addTolerance(dtype, magnitude));
  });

  it.each([
    [37, 41, 1, 1],
    [37, 41, 1, -1],
    [37, 41, -1, 1],
    [600, 500, 1, 1],
    [600, 500, -1, 1],
  ])('adds %d×%d in place, into A and into B, exactly: alpha = %d, beta = %d', async (rows, cols, alpha, beta) => {
    for (const target of ['a', 'b'] as const) {
      const job = { ...addJob(dtype, rows, cols), alpha, beta };
      const expected = rounded(dtype, referenceAdd(job));
      await kernel.add({ ...job, c: job[target] });
      expectClose({ ...job, m: rows, n: cols, c: job[target] }, expected, () => 0);
    }
  });

  it.each([
    [1, 1],
    [1, -1],
    [-1, 1],
  ])('adds more than a band into a third matrix exactly: alpha = %d, beta = %d', async (alpha, beta) => {
    const job = { ...addJob(dtype, 700, 501), alpha, beta };
    const expected = rounded(dtype, referenceAdd(job));
    await kernel.add(job);
    expectClose({ ...job, m: 700, n: 501 }, expected, () => 0);
  });

  it('scales in place, and doubles a matrix into itself', async () => {
    const job = { ...addJob(dtype, 33, 35), alpha: 1, beta: 0.3 };
    const expected = referenceAdd(job);
    await kernel.add({ ...job, c: job.a });
    expectClose({ ...job, m: 33, n: 35, c: job.a }, expected, (magnitude) => addTolerance(dtype, magnitude));
    const twice = { ...job, b: job.a, beta: 1 };
    const doubled = rounded(dtype, referenceAdd(twice));
    await kernel.add({ ...twice, c: job.a });
    expectClose({ ...job, m: 33, n: 35, c: job.a }, doubled, () => 0);
  });

  it('adds a block of a larger tile in place and touches nothing beside it', async () => {
    const stride = 50;
    const job = { ...addJob(dtype, 40, stride), cols: 37, aOffset: 3, bOffset: 5, cOffset: 3 };
    const expected = rounded(dtype, referenceAdd(job));
    const before = job.a.slice();
    await kernel.add({ ...job, c: job.a });
    expectClose({ ...job, c: job.a, m: 40, n: 37 }, expected, () => 0);
    expectOutsideUntouched(job.a, before, 3, stride, 40, 37);
  });

  it('does not read a matrix whose scalar is zero', async () => {
    const job = { ...addJob(dtype, 3, 3), alpha: 0 };
    job.a.fill(NaN);
    await kernel.add(job);
    expect(job.c).toEqual(job.b);
  });

  it('adds blocks of larger tiles and touches nothing beside them', async () => {
    const stride = 50;
    const job: ElementWise = { ...addJob(dtype, 40, stride), cols: 37, aOffset: 3, bOffset: 5, cOffset: 7 };
    const expected = rounded(dtype, referenceAdd(job));
    const before = job.c.slice();
    await kernel.add(job);
    expectClose({ ...job, m: 40, n: 37 }, expected, () => 0);
    expectOutsideUntouched(job.c, before, 7, stride, 40, 37);
  });

  it('propagates NaN and infinities', async () => {
    const job = addJob(dtype, 2, 3);
    job.a.set([NaN, Infinity, Infinity, -Infinity]);
    job.b.set([1, 1, -Infinity, -Infinity]);
    await kernel.add(job);
    expect([...job.c.subarray(0, 4)]).toEqual([NaN, Infinity, NaN, -Infinity]);
  });
}

interface GemmSpec {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha?: number;
  readonly beta?: number;
  readonly transA?: boolean;
  readonly transB?: boolean;
  readonly shared?: boolean;
  /** Elements around each view inside its array; all of them NaN, so that reading one shows. */
  readonly padding?: number;
}

/** Random operands in views; C holds NaN where beta = 0, random numbers elsewhere. */
function gemmJob(dtype: Dtype, spec: GemmSpec): Gemm {
  const { m, n, k, alpha = 1, beta = 0, transA = false, transB = false, shared = true, padding = 0 } = spec;
  const random = seededRandom(m * 1_000_003 + n * 1009 + k);
  const view = (rows: number, cols: number, next: () => number) => {
    const stride = cols + padding;
    const offset = padding * stride + padding;
    const elements = arrayOf(dtype, offset + rows * stride + padding, shared).fill(NaN);
    for (let i = 0; i < rows; i++) for (let j = 0; j < cols; j++) elements[offset + i * stride + j] = next();
    return { elements, offset, stride };
  };
  const a = transA ? view(k, m, random) : view(m, k, random);
  const b = transB ? view(n, k, random) : view(k, n, random);
  const c = view(m, n, beta === 0 ? () => NaN : random);
  return {
    m,
    n,
    k,
    alpha,
    beta,
    transA,
    transB,
    a: a.elements,
    aOffset: a.offset,
    lda: a.stride,
    b: b.elements,
    bOffset: b.offset,
    ldb: b.stride,
    c: c.elements,
    cOffset: c.offset,
    ldc: c.stride,
  };
}

/** A sum of two numbers is exact in float64 before it is rounded once to the dtype. */
const rounded = (dtype: Dtype, { value, magnitude }: Expected): Expected => ({
  value: dtype === 'float64' ? value : value.map(Math.fround),
  magnitude,
});

function addJob(dtype: Dtype, rows: number, cols: number): ElementWise {
  const random = seededRandom(rows * 1009 + cols);
  const filled = (next: () => number) =>
    arrayOf(dtype, rows * cols, true)
      .fill(0)
      .map(next);
  return {
    rows,
    cols,
    alpha: 1,
    beta: 1,
    a: filled(random),
    aOffset: 0,
    lda: cols,
    b: filled(random),
    bOffset: 0,
    ldb: cols,
    c: filled(() => NaN),
    cOffset: 0,
    ldc: cols,
  };
}

async function expectGemm(kernel: Kernel, job: Gemm): Promise<void> {
  const before = job.c.slice();
  const expected = referenceGemm(job);
  await kernel.gemm(job);
  expectClose(job, expected, (magnitude) => gemmTolerance(dtypeOf(job.c), job.k, magnitude));
  expectOutsideUntouched(job.c, before, job.cOffset, job.ldc, job.m, job.n);
}

interface Output {
  readonly m: number;
  readonly n: number;
  readonly c: Elements;
  readonly cOffset: number;
  readonly ldc: number;
}

function expectClose(output: Output, { value, magnitude }: Expected, tolerance: (magnitude: number) => number): void {
  const { m, n, c, cOffset, ldc } = output;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const got = c[cOffset + i * ldc + j]!;
      const wanted = value[i * n + j]!;
      const close = Number.isFinite(wanted)
        ? Math.abs(got - wanted) <= tolerance(magnitude[i * n + j]!)
        : Object.is(got, wanted);
      if (!close)
        expect.fail(`element (${i}, ${j}) of ${m}×${n} is ${got}, not ${wanted} ± ${tolerance(magnitude[i * n + j]!)}`);
    }
}

function expectOutsideUntouched(
  c: Elements,
  before: Elements,
  offset: number,
  stride: number,
  rows: number,
  cols: number,
): void {
  for (let at = 0; at < c.length; at++) {
    const row = Math.floor((at - offset) / stride);
    const col = at - offset - row * stride;
    const inside = at >= offset && row < rows && col < cols;
    if (!inside && !Object.is(c[at], before[at])) expect.fail(`element ${at} outside the block changed to ${c[at]}`);
  }
}
