import { inBands } from './event-loop.ts';
import type { Elements, Gemm } from './kernel.ts';

export const isShared = (elements: Elements): boolean => elements.buffer instanceof SharedArrayBuffer;

/** Bytes of the copies that `withSharedViews` makes: each operand that isn't in shared memory yet. */
export const stagingBytes = ({ m, n, k, a, b, c }: Gemm): number =>
  ((isShared(a) ? 0 : m * k) + (isShared(b) ? 0 : k * n) + (isShared(c) ? 0 : m * n)) * c.BYTES_PER_ELEMENT;

/**
 * Runs a job on views of shared memory: operands that already are shared are passed as they are, others are copied into
 * dense shared arrays first and C is copied back, in bands so that the event loop keeps turning.
 */
export async function withSharedViews(job: Gemm, run: (shared: Gemm) => Promise<void>): Promise<void> {
  const { m, n, k, transA, transB } = job;
  let shared = job;
  if (!isShared(job.a)) {
    const a = await denseCopy(job.a, job.aOffset, job.lda, transA ? k : m, transA ? m : k);
    shared = { ...shared, a, aOffset: 0, lda: transA ? m : k };
  }
  if (!isShared(job.b)) {
    const b = await denseCopy(job.b, job.bOffset, job.ldb, transB ? n : k, transB ? k : n);
    shared = { ...shared, b, bOffset: 0, ldb: transB ? k : n };
  }
  if (isShared(job.c)) return run(shared);
  const c = job.beta === 0 ? allocateShared(job.c, m * n) : await denseCopy(job.c, job.cOffset, job.ldc, m, n);
  await run({ ...shared, c, cOffset: 0, ldc: n });
  await inBands(m, n, (from, to) => {
    for (let i = from; i < to; i++) job.c.set(c.subarray(i * n, (i + 1) * n), job.cOffset + i * job.ldc);
  });
}

async function denseCopy(
  from: Elements,
  offset: number,
  stride: number,
  rows: number,
  cols: number,
): Promise<Elements> {
  const copy = allocateShared(from, rows * cols);
  await inBands(rows, cols, (first, last) => {
    for (let i = first; i < last; i++)
      copy.set(from.subarray(offset + i * stride, offset + i * stride + cols), i * cols);
  });
  return copy;
}

function allocateShared(like: Elements, length: number): Elements {
  const buffer = new SharedArrayBuffer(length * like.BYTES_PER_ELEMENT);
  return like instanceof Float64Array ? new Float64Array(buffer) : new Float32Array(buffer);
}
