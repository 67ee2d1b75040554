import { inBands } from './event-loop.ts';
import type { Gemm } from './kernel.ts';

/** R := op(A)·op(B), dense and float32, on a device. A is m×k, B is k×n, R is m×n, row-major without gaps. */
export type DeviceProduct = (
  a: Float32Array,
  b: Float32Array,
  m: number,
  n: number,
  k: number,
) => Promise<Float32Array>;

/**
 * Side of the largest product handed to a device at once: 64 MiB per operand, within the 128 MiB that every WebGPU device
 * takes in one buffer, and at most 137 GFLOP, so that no driver takes a long product for a hang.
 */
export const deviceBlock = 4096;

/** Bytes of copies on this side: dense operands and the result of one block. */
export function deviceStagingBytes({ m, n, k }: Gemm): number {
  const [mb, nb, kb] = [m, n, k].map((size) => Math.min(size, deviceBlock)) as [number, number, number];
  return 4 * (mb * kb + kb * nb + mb * nb);
}

/** C := alpha·op(A)·op(B) + beta·C with the product on a device, block by block, and the scalars applied here. */
export async function gemmOnDevice(job: Gemm, product: DeviceProduct, block: number = deviceBlock): Promise<void> {
  const { m, n, k } = job;
  for (let ic = 0; ic < m; ic += block)
    for (let jc = 0; jc < n; jc += block)
      for (let pc = 0; pc < k; pc += block) {
        const [mb, nb, kb] = [Math.min(block, m - ic), Math.min(block, n - jc), Math.min(block, k - pc)];
        const a = await dense(job.a, job.aOffset, job.lda, job.transA, ic, pc, mb, kb);
        const b = await dense(job.b, job.bOffset, job.ldb, job.transB, pc, jc, kb, nb);
        const result = await product(a, b, mb, nb, kb);
        await merge(job, result, ic, jc, mb, nb, pc === 0 ? job.beta : 1);
      }
}

/** The rows×cols block at (row, col) of op(X), in place where it already lies densely. */
async function dense(
  source: Gemm['a'],
  offset: number,
  stride: number,
  transposed: boolean,
  row: number,
  col: number,
  rows: number,
  cols: number,
): Promise<Float32Array> {
  const start = offset + (transposed ? col * stride + row : row * stride + col);
  if (!transposed && stride === cols) return source.subarray(start, start + rows * cols) as Float32Array;
  const copy = new Float32Array(rows * cols);
  await inBands(rows, cols, (from, to) => {
    for (let i = from; i < to; i++) {
      if (transposed) for (let j = 0; j < cols; j++) copy[i * cols + j] = source[start + j * stride + i]!;
      else copy.set(source.subarray(start + i * stride, start + i * stride + cols), i * cols);
    }
  });
  return copy;
}

async function merge(
  job: Gemm,
  result: Float32Array,
  row: number,
  col: number,
  rows: number,
  cols: number,
  beta: number,
): Promise<void> {
  const { alpha, c, ldc } = job;
  await inBands(rows, cols, (from, to) => {
    for (let i = from; i < to; i++) {
      const at = job.cOffset + (row + i) * ldc + col;
      if (alpha === 1 && beta === 0) c.set(result.subarray(i * cols, (i + 1) * cols), at);
      else
        for (let j = 0; j < cols; j++) {
          const scaled = alpha * result[i * cols + j]!;
          c[at + j] = beta === 0 ? scaled : scaled + beta * c[at + j]!;
        }
    }
  });
}
