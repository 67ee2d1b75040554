import { inBands } from './event-loop.ts';
import type { Gemm } from './kernel.ts';

/**
 * A block of C := alpha·op(A)·op(B) + beta·C as a device computes it, float32, every matrix row-major without gaps: C is m×n,
 * and each part of k has an A of m×k and a B of k×n. The device says where they are to be written, so that each number is
 * copied once.
 */
export interface DeviceBlock {
  readonly m: number;
  readonly n: number;
  readonly alpha: number;
  readonly beta: number;
  /** From the lowest k up. */
  readonly parts: readonly DevicePart[];
  /** Writes C as it is; of use where beta is not zero. */
  writeC(into: Float32Array): Promise<void>;
  /** Takes what C is to be. */
  takeC(from: Float32Array): Promise<void>;
}

export interface DevicePart {
  readonly k: number;
  /** So much of it is summed from zero, from its beginning on; these sums are added to beta·C, or C, in order. */
  readonly piece: number;
  writeA(into: Float32Array): Promise<void>;
  writeB(into: Float32Array): Promise<void>;
}

/**
 * Sides of the largest product handed to a device at once, at most 4096: 64 MiB of each matrix, within the 128 MiB that every
 * WebGPU device takes in one buffer, and at most 137 GFLOP, so that no driver takes a long product for a hang.
 */
export interface DeviceLimits {
  readonly side: number;
  readonly k: number;
}

/** Bytes of copies on this side: dense operands, and C on its way there and back. */
export function deviceStagingBytes({ m, n, k }: Gemm, limits: DeviceLimits): number {
  const [mb, nb] = [Math.min(m, limits.side), Math.min(n, limits.side)];
  return 4 * ((mb + nb) * Math.min(k, limits.k) + 2 * mb * nb);
}

/** The blocks that a device computes a product in, one after the other. */
export function* deviceBlocks(job: Gemm, { side, k: depth }: DeviceLimits): Generator<DeviceBlock> {
  const { m, n, k, alpha, beta } = job;
  for (let ic = 0; ic < m; ic += side)
    for (let jc = 0; jc < n; jc += side) {
      const [rows, cols] = [Math.min(side, m - ic), Math.min(side, n - jc)];
      const at = job.cOffset + ic * job.ldc + jc;
      yield {
        m: rows,
        n: cols,
        alpha,
        beta,
        parts: partsOf(k, job.cell?.k ?? k, depth).map(({ start, size, piece }) => ({
          k: size,
          piece,
          writeA: (into) => copyDense(job.a, job.aOffset, job.lda, job.transA, ic, start, rows, size, into),
          writeB: (into) => copyDense(job.b, job.bOffset, job.ldb, job.transB, start, jc, size, cols, into),
        })),
        writeC: (into) => copyDense(job.c, at, job.ldc, false, 0, 0, rows, cols, into),
        takeC: (from) =>
          inBands(rows, cols, (first, end) => {
            for (let i = first; i < end; i++) job.c.set(from.subarray(i * cols, (i + 1) * cols), at + i * job.ldc);
          }),
      };
    }
}

/**
 * Parts of at most `depth`: as many whole pieces as it has room for, or a piece in several. These are pieces too, so that one
 * call sums as several would.
 */
export function partsOf(k: number, piece: number, depth: number): { start: number; size: number; piece: number }[] {
  const parts: { start: number; size: number; piece: number }[] = [];
  const most = piece <= depth ? Math.floor(depth / piece) * piece : depth;
  for (let start = 0; start < k; start += parts.at(-1)!.size) {
    const left = piece <= depth ? k - start : Math.min(k - start, piece - (start % piece));
    parts.push({ start, size: Math.min(most, left), piece: Math.min(piece, depth) });
  }
  return parts;
}

/** Copies the rows×cols block at (row, col) of op(X) to where it lies densely. */
function copyDense(
  source: Gemm['a'],
  offset: number,
  stride: number,
  transposed: boolean,
  row: number,
  col: number,
  rows: number,
  cols: number,
  into: Float32Array,
): Promise<void> {
  const start = offset + (transposed ? col * stride + row : row * stride + col);
  return inBands(rows, cols, (from, to) => {
    if (!transposed && stride === cols) {
      into.set(source.subarray(start + from * cols, start + to * cols), from * cols);
      return;
    }
    for (let i = from; i < to; i++) {
      if (transposed) for (let j = 0; j < cols; j++) into[i * cols + j] = source[start + j * stride + i]!;
      else into.set(source.subarray(start + i * stride, start + i * stride + cols), i * cols);
    }
  });
}
