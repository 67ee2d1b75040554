import type { Dtype, Elements, ElementWise, Gemm } from '../../src/kernels/kernel.ts';

export const arrayOf = (dtype: Dtype, length: number, shared: boolean): Elements => {
  const size = dtype === 'float64' ? 8 : 4;
  const buffer = shared ? new SharedArrayBuffer(length * size) : new ArrayBuffer(length * size);
  return dtype === 'float64' ? new Float64Array(buffer) : new Float32Array(buffer);
};

/** A small linear congruential generator (Numerical Recipes' constants): the same operands in every run. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32 - 0.5;
  };
}

/** op(X)(i, j) of a stored view. */
const element = (x: Elements, offset: number, stride: number, transposed: boolean, i: number, j: number): number =>
  x[offset + (transposed ? j * stride + i : i * stride + j)]!;

export interface Expected {
  /** alpha·op(A)·op(B) + beta·C, row-major m×n. */
  readonly value: Float64Array;
  /** |alpha|·|op(A)|·|op(B)| + |beta|·|C|: what the error bound is a multiple of. */
  readonly magnitude: Float64Array;
}

/**
 * The product as the definition says, in float64 with the rounding errors of the sum carried along (Neumaier,
 * "Rundungsfehleranalyse einiger Verfahren zur Summation endlicher Summen", 1974), on C as it is before the kernel runs.
 */
export function referenceGemm(job: Gemm): Expected {
  const { m, n, k, alpha, beta, a, aOffset, lda, transA, b, bOffset, ldb, transB, c, cOffset, ldc } = job;
  const value = new Float64Array(m * n);
  const magnitude = new Float64Array(m * n);
  const left = Float64Array.from({ length: m * k }, (_, at) =>
    element(a, aOffset, lda, transA, Math.floor(at / k), at % k),
  );
  const right = Float64Array.from({ length: n * k }, (_, at) =>
    element(b, bOffset, ldb, transB, at % k, Math.floor(at / k)),
  );
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      const { sum, size } = alpha === 0 ? { sum: 0, size: 0 } : dot(left, i * k, right, j * k, k);
      const old = beta === 0 ? 0 : beta * c[cOffset + i * ldc + j]!;
      value[i * n + j] = alpha * sum + old;
      magnitude[i * n + j] = Math.abs(alpha) * size + Math.abs(old);
    }
  return { value, magnitude };
}

/** The sum of k products and the sum of their absolute values. */
function dot(left: Float64Array, l: number, right: Float64Array, r: number, k: number): { sum: number; size: number } {
  let sum = 0;
  let lost = 0;
  let size = 0;
  for (let p = 0; p < k; p++) {
    const term = left[l + p]! * right[r + p]!;
    const next = sum + term;
    lost += Math.abs(sum) >= Math.abs(term) ? sum - next + term : term - next + sum;
    sum = next;
    size += Math.abs(term);
  }
  return { sum: Number.isFinite(sum) ? sum + lost : sum, size };
}

export function referenceAdd({ rows, cols, alpha, a, aOffset, lda, beta, b, bOffset, ldb }: ElementWise): Expected {
  const value = new Float64Array(rows * cols);
  const magnitude = new Float64Array(rows * cols);
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < cols; j++) {
      const left = alpha === 0 ? 0 : alpha * a[aOffset + i * lda + j]!;
      const right = beta === 0 ? 0 : beta * b[bOffset + i * ldb + j]!;
      value[i * cols + j] = left + right;
      magnitude[i * cols + j] = Math.abs(left) + Math.abs(right);
    }
  return { value, magnitude };
}
