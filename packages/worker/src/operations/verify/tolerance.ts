import type { DType } from '@tessera/protocol';

/** Unit roundoff of the arithmetic that a matrix is computed in. */
export const UNIT_ROUNDOFF: Readonly<Record<DType, number>> = { float64: 2 ** -53, float32: 2 ** -24 };
/** Smallest positive number of the type: what a product that underflows loses at most. */
const SMALLEST: Readonly<Record<DType, number>> = { float64: 2 ** -1074, float32: 2 ** -149 };

/**
 * How many standard deviations a right answer may be off. A Gaussian exceeds 9 once in 4·10^18 tries, so even a million
 * rows and many rounds see no false alarm.
 */
const DEVIATIONS = 9;

/** gamma_n = n·u / (1 - n·u): the relative error of n rounded operations (Higham, "Accuracy and Stability", 2nd ed., lemma 3.1). */
export function gamma(n: number, u: number): number {
  const nu = n * u;
  return nu < 1 ? nu / (1 - nu) : Infinity;
}

/**
 * How far |C·r - (alpha·A·(B·r) + beta·C0·r)| of one row may be off when C is right, for a vector r of independent standard
 * Gaussians; A and B as the operation takes them, transposed or not.
 *
 * Let E be the rounding error of C. An element is a sum of K products and beta·c0: each product meets its own rounding,
 * that of alpha to the element type, the multiplication by alpha and at most K additions, and beta·c0 no more than that;
 * so |e_ij| <= gamma_{K+4} (|alpha||A||B| + |beta||C0|)_ij whatever the order of summation (Higham, section 3.5).
 * With z_k the 2-norm of row k of B, let w = |alpha| sum_k |a_ik| z_k + |beta| ||c0_i||_2.
 *
 * 1. sum_j e_ij r_j is Gaussian with deviation ||e_i||_2 <= gamma_{K+4} w (the 2-norm of a sum is at most the sum of norms).
 * 2. The check itself is computed in float64 (unit roundoff v): C·r, B·r, A·y and C0·r each lose at most gamma_{n+4}(v) or
 *    gamma_{K+4}(v) times (|alpha||A||B| + |beta||C0|)|r| <= w ||r||_2 (Cauchy and Schwarz).
 * 3. Products that underflow lose at most the smallest number each, before they are scaled; scaling loses it once more.
 *
 * @param w the row's weight
 * @returns DEVIATIONS·gamma_{K+4}(u)·w + (gamma_{K+4}(v) + 2 gamma_{n+4}(v))·w·||r||_2 + underflow
 */
export function rowTolerance(
  w: number,
  size: { k: number; n: number; alpha: number },
  vectorNorm: number,
  dtype: DType,
): number {
  const u = UNIT_ROUNDOFF[dtype];
  const v = UNIT_ROUNDOFF.float64;
  const product = DEVIATIONS * gamma(size.k + 4, u);
  const check = (gamma(size.k + 4, v) + 2 * gamma(size.n + 4, v)) * vectorNorm;
  const underflow = DEVIATIONS * SMALLEST[dtype] * (size.k * Math.abs(size.alpha) + 2) * Math.sqrt(size.n);
  return (product + check) * w + underflow;
}
