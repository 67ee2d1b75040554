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
 * How far |C·r - A·(B·r)| of one row may be off when C is right, for a vector r of independent standard Gaussians.
 *
 * Let E = C - AB be the rounding error of the product, |e_ij| <= gamma_K (|A||B|)_ij whatever the order of summation
 * (Higham, section 3.5; the order only has to be some order), and let w = sum_k |a_ik| z_k with z_k the 2-norm of row k of B.
 *
 * 1. sum_j e_ij r_j is Gaussian with deviation ||e_i||_2 <= gamma_K || sum_k |a_ik| |b_k| ||_2 <= gamma_K w.
 * 2. The check itself is computed in float64 (unit roundoff v): C·r, B·r and A·y each lose at most
 *    gamma_n(v) or gamma_K(v) times |A||B||r| <= w ||r||_2 (Cauchy and Schwarz).
 * 3. Products that underflow lose at most the smallest number each.
 *
 * @param w the row's weight, sum_k |a_ik| z_k
 * @returns DEVIATIONS·gamma_{K+2}(u)·w + (gamma_{K+2}(v) + 2 gamma_{n+2}(v))·w·||r||_2 + underflow
 */
export function rowTolerance(w: number, size: { k: number; n: number }, vectorNorm: number, dtype: DType): number {
  const u = UNIT_ROUNDOFF[dtype];
  const v = UNIT_ROUNDOFF.float64;
  const product = DEVIATIONS * gamma(size.k + 2, u);
  const check = (gamma(size.k + 2, v) + 2 * gamma(size.n + 2, v)) * vectorNorm;
  return (product + check) * w + SMALLEST[dtype] * size.k * vectorNorm;
}
