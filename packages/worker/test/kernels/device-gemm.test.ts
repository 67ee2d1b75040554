import { expect, it } from 'vitest';
import { gemmOnDevice } from '../../src/kernels/device-gemm.ts';
import type { Gemm } from '../../src/kernels/kernel.ts';
import { referenceGemm, seededRandom } from './reference.ts';
import { gemmTolerance } from './tolerance.ts';

/** The device is played by the reference; what is tested is how blocks are cut, packed and put together. */
const product = async (a: Float32Array, b: Float32Array, m: number, n: number, k: number) => {
  const job: Gemm<Float32Array> = {
    m,
    n,
    k,
    alpha: 1,
    beta: 0,
    a,
    aOffset: 0,
    lda: k,
    transA: false,
    b,
    bOffset: 0,
    ldb: n,
    transB: false,
    c: new Float32Array(m * n),
    cOffset: 0,
    ldc: n,
  };
  return Float32Array.from(referenceGemm(job).value);
};

it.each([
  [false, false, 1, 0],
  [true, false, -2, 1],
  [false, true, 0.5, 0.25],
  [true, true, 1, 1],
])(
  'cuts products that are too large for the device: A transposed %s, B %s, alpha %d, beta %d',
  async (transA, transB, alpha, beta) => {
    const [m, n, k] = [23, 17, 29];
    const random = seededRandom(1);
    const array = (length: number) => new Float32Array(length).map(random);
    const job: Gemm = {
      m,
      n,
      k,
      alpha,
      beta,
      transA,
      transB,
      a: array(3 + 40 * 40),
      aOffset: 3,
      lda: 40,
      b: array(5 + 41 * 41),
      bOffset: 5,
      ldb: 41,
      c: array(7 + 42 * 42),
      cOffset: 7,
      ldc: 42,
    };
    const { value, magnitude } = referenceGemm(job);
    await gemmOnDevice(job, product, 8);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < n; j++) {
        const error = Math.abs(job.c[7 + i * 42 + j]! - value[i * n + j]!);
        expect(error).toBeLessThanOrEqual(gemmTolerance('float32', k, magnitude[i * n + j]!));
      }
  },
);
