import type { Elements, Gemm, ElementWise } from '@tessera/worker';

/** Three n×n matrices in shared memory, as a worker's tiles are. */
export function matrices(dtype: 'float64' | 'float32', n: number): [Elements, Elements, Elements] {
  const one = (): Elements => {
    const elements =
      dtype === 'float64'
        ? new Float64Array(new SharedArrayBuffer(8 * n * n))
        : new Float32Array(new SharedArrayBuffer(4 * n * n));
    for (let i = 0; i < elements.length; i++) elements[i] = Math.random() - 0.5;
    return elements;
  };
  return [one(), one(), one()];
}

export const product = ([a, b, c]: [Elements, Elements, Elements], n: number): Gemm => ({
  m: n,
  n,
  k: n,
  alpha: 1,
  beta: 0,
  a,
  aOffset: 0,
  lda: n,
  transA: false,
  b,
  bOffset: 0,
  ldb: n,
  transB: false,
  c,
  cOffset: 0,
  ldc: n,
});

export const sum = (a: Elements, b: Elements, c: Elements, n: number): ElementWise => ({
  rows: n,
  cols: n,
  alpha: 1,
  a,
  aOffset: 0,
  lda: n,
  beta: 1,
  b,
  bOffset: 0,
  ldb: n,
  c,
  cOffset: 0,
  ldc: n,
});
