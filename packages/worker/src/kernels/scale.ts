import type { Elements, Gemm } from './kernel.ts';

/** True when op(A)·op(B) contributes nothing, so that A and B must not be read: C := beta·C is all there is to do. */
export const isScaleOnly = (job: Gemm): boolean => job.k === 0 || job.alpha === 0 || job.m === 0 || job.n === 0;

/** C := beta·C over the m×n view; beta = 0 writes zeros without reading. */
export function scaleC({ m, n, beta, c, cOffset, ldc }: Gemm): void {
  if (beta === 1) return;
  for (let i = 0; i < m; i++) {
    const start = cOffset + i * ldc;
    if (beta === 0) c.fill(0, start, start + n);
    else scaleRow(c, start, start + n, beta);
  }
}

function scaleRow(c: Elements, start: number, end: number, beta: number): void {
  for (let i = start; i < end; i++) c[i] = beta * c[i]!;
}
