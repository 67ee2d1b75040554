import type { DType } from '@tessera/protocol';

/** Unit roundoff of the arithmetic that a matrix is computed in. */
export const UNIT_ROUNDOFF: Readonly<Record<DType, number>> = { float64: 2 ** -53, float32: 2 ** -24 };
/** Smallest positive number of the type: what a product that underflows loses at most. */
const SMALLEST: Readonly<Record<DType, number>> = { float64: 2 ** -1074, float32: 2 ** -149 };

/**
 * How many standard deviations a right answer may be off. A Gaussian exceeds 9 once in 4·10^18 tries, so even a million
 * rows of a million partial sums and some rounds see no false alarm.
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
 * so |e_ij| <= gamma_{K+4}(u) (|alpha||A||B| + |beta||C0|)_ij whatever the order of summation (Higham, section 3.5).
 * With z_k the 2-norm of row k of B, let w = |alpha| sum_k |a_ik| z_k + |beta| ||c0_i||_2.
 *
 * 1. sum_j e_ij r_j is Gaussian with deviation ||e_i||_2 <= gamma_{K+4}(u) w (the 2-norm of a sum is at most the sum of
 *    norms), so at most D = DEVIATIONS times that.
 * 2. The check itself is computed in float64 (unit roundoff v). An addition loses at most v times its result. C and B were
 *    there before r was drawn, so every partial sum of C·r, of B·r, of A·(B·r) = (A·B)·r and of their difference is the
 *    product of some fixed vector and r: a Gaussian whose deviation is at most w (z_k for row k of B), and so at most
 *    M = min(D, ||r||_2) times that, the latter by Cauchy and Schwarz. With n additions for C·r and C0·r, n for B·r and
 *    K for A·y they lose (K + 2n)·v·M·w. The products of C·r and of B·r lose v·sum_j |c_ij r_j| <= v·||r||_2·w each, those
 *    of A·y and the scalings v·M·w each; the 4 in gamma_{n+4} covers these and what is of second order.
 * 3. Products that underflow lose at most the smallest number each, before they are scaled; scaling loses it once more.
 *
 * Where it is weak. The first term is the worst case of K roundings that all go the same way; as a rule they don't, and
 * ||e_i|| is nearer to sqrt(K)·u·w. The rule (Higham and Mary, "A New Approach to Probabilistic Rounding Error Analysis",
 * SIAM J. Sci. Comput. 41(5), 2019) presumes roundings without a bias, and sums of equal numbers break it, so it is not
 * used: a right answer must never be refused. In float64 that costs nothing worth having. In float32 an element may be off
 * by some gamma_{K+4}(u)·sqrt(n) of (|A||B|)_ij before one row shows it: 2 % at K = n = 1000.
 *
 * @param w the row's weight
 * @returns D·gamma_{K+4}(u)·w + (gamma_{K+4}(v) + 2 gamma_{n+4}(v))·M·w + 2·v·||r||_2·w + underflow
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
  const sums = (gamma(size.k + 4, v) + 2 * gamma(size.n + 4, v)) * Math.min(DEVIATIONS, vectorNorm);
  const products = 2 * v * vectorNorm;
  const underflow = DEVIATIONS * SMALLEST[dtype] * (size.k * Math.abs(size.alpha) + 2) * Math.sqrt(size.n);
  return (product + sums + products) * w + underflow;
}
