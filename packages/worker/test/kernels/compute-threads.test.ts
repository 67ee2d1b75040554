import { describe, expect, it } from 'vitest';
import { ComputeThreads } from '../../src/kernels/compute-threads.ts';
import { KernelFailed } from '../../src/kernels/errors.ts';
import type { Gemm } from '../../src/kernels/kernel.ts';
import { openLoops } from '../../src/kernels/loops.ts';

const job = (k: number): Gemm => ({
  m: 1,
  n: 1,
  k,
  alpha: 1,
  beta: 0,
  transA: false,
  transB: false,
  a: new Float64Array(1),
  aOffset: 0,
  lda: 1,
  b: new Float64Array(1),
  bOffset: 0,
  ldb: 1,
  c: new Float64Array(new SharedArrayBuffer(8)),
  cOffset: 0,
  ldc: 1,
});

describe('compute threads', () => {
  it('do not start before a job needs one, and end with close', async () => {
    const threads = new ComputeThreads('loops', 2, () => ({ source: 'return (job) => { job.c[0] = job.k; }' }));
    expect(threads.started).toBe(0);
    const first = job(7);
    await threads.run(first);
    expect([threads.started, first.c[0]]).toEqual([1, 7]);
    await Promise.all([threads.run(job(1)), threads.run(job(2)), threads.run(job(3))]);
    expect(threads.started).toBe(2);
    await threads.close();
    expect(threads.started).toBe(0);
    await expect(threads.run(first)).rejects.toThrow(KernelFailed);
  });

  it('finish what they compute before close resolves', async () => {
    const source =
      'return (job) => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50); job.c[0] = job.k; }';
    const threads = new ComputeThreads('loops', 1, () => ({ source }));
    const late = job(5);
    const running = threads.run(late);
    await threads.close();
    expect(late.c[0]).toBe(5);
    await running;
  });

  it('report a job that throws and go on with the next', async () => {
    const source = "return (job) => { if (job.k === 1) throw new RangeError('too small'); job.c[0] = job.k; }";
    const threads = new ComputeThreads('wasm', 1, () => ({ source }));
    await expect(threads.run(job(1))).rejects.toThrow(/wasm kernel failed on its thread: RangeError: too small/);
    const next = job(2);
    await threads.run(next);
    expect(next.c[0]).toBe(2);
    await threads.close();
  });

  it('that die fail their jobs, and the next job gets a new thread', async () => {
    const source = 'return (job) => { if (job.k === 1) process.exit(3); job.c[0] = job.k; }';
    const threads = new ComputeThreads('loops', 1, () => ({ source }));
    await expect(threads.run(job(1))).rejects.toThrow(/died/);
    const next = job(2);
    await threads.run(next);
    expect(next.c[0]).toBe(2);
    await threads.close();
  });

  it('settle a split job only when no part touches memory any more', async () => {
    const source = `return (job) => {
      if (job.k === 1) throw new Error('first part');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 30);
      job.c[0] = job.k;
    }`;
    const threads = new ComputeThreads('loops', 2, () => ({ source }));
    const slow = job(9);
    await expect(threads.runAll([job(1), slow])).rejects.toThrow(/first part/);
    expect(slow.c[0]).toBe(9);
    await threads.close();
  });
});

describe('a product on a thread', () => {
  it('leaves the event loop free meanwhile', async () => {
    const kernel = openLoops({ threads: 1 });
    const n = 400;
    const elements = () => new Float64Array(new SharedArrayBuffer(8 * n * n)).fill(1);
    let turns = 0;
    const timer = setInterval(() => turns++, 1);
    await kernel.gemm({
      m: n,
      n,
      k: n,
      alpha: 1,
      beta: 0,
      transA: false,
      transB: false,
      a: elements(),
      aOffset: 0,
      lda: n,
      b: elements(),
      bOffset: 0,
      ldb: n,
      c: elements(),
      cOffset: 0,
      ldc: n,
    });
    clearInterval(timer);
    await kernel.close();
    expect(turns).toBeGreaterThan(0);
  });
});
