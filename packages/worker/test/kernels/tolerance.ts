import type { Dtype } from '../../src/kernels/kernel.ts';

/** Unit roundoff u: half the distance from 1 to the next number. */
const unitRoundoff: Record<Dtype, number> = { float64: 2 ** -53, float32: 2 ** -24 };

/** Smallest normal number: results below it may be flushed to zero on a GPU, an absolute error of at most this each. */
const smallestNormal: Record<Dtype, number> = { float64: 2 ** -1022, float32: 2 ** -126 };

/**
 * How far an element of alpha·A·B + beta·C may be from the exact one.
 *
 * Whatever the order of summation, and with or without fused multiply-add, each term a·b reaches the result through at
 * most 1 product, k - 1 sums, 1 product by alpha, 1 sum with beta·C (itself 1 product), so through at most r = k + 2
 * roundings; storing the result between blocks of k rounds the same sums, not more. So (Higham, "Accuracy and Stability of
 * Numerical Algorithms", 2nd ed., lemma 3.1 and section 3.5)
 *
 *     |computed - exact| <= γ_r · (|alpha|·|A|·|B| + |beta|·|C|),   γ_r = r·u / (1 - r·u).
 *
 * The reference adds its own error, at most a few u of float64 times the same magnitude: 4 more roundings cover it.
 */
export function gemmTolerance(dtype: Dtype, k: number, magnitude: number): number {
  const roundings = (k + 6) * unitRoundoff[dtype];
  return (roundings / (1 - roundings)) * magnitude + (k + 2) * smallestNormal[dtype];
}

/** alpha·a + beta·b: two products and a sum, each rounded, and the same again for the reference. */
export const addTolerance = (dtype: Dtype, magnitude: number): number => gemmTolerance(dtype, 0, magnitude);
