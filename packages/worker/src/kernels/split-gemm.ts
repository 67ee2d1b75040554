import type { Gemm } from './kernel.ts';

/** Boundaries fall on multiples of this, so that no register tile of 3, 4 or 6 rows or columns is cut. */
const grain = 24;

/** Cuts C along its longer side into at most `parts` jobs of nearly equal work that write disjoint parts of C. */
export function splitGemm(job: Gemm, parts: number): Gemm[] {
  const alongRows = job.m >= job.n;
  const length = alongRows ? job.m : job.n;
  const step = Math.max(1, Math.ceil(length / parts / grain)) * grain;
  if (step >= length) return [job];
  const jobs: Gemm[] = [];
  for (let from = 0; from < length; from += step) {
    const size = Math.min(step, length - from);
    jobs.push(alongRows ? rowsOf(job, from, size) : colsOf(job, from, size));
  }
  return jobs;
}

/** The cells of a job, each a job of its own. */
export function cellsOf({ cell, ...job }: Gemm): Gemm[] {
  if (!cell) return [job];
  const jobs: Gemm[] = [];
  for (let row = 0; row < job.m; row += cell.rows) {
    const band = rowsOf(job, row, Math.min(cell.rows, job.m - row));
    for (let col = 0; col < job.n; col += cell.cols) jobs.push(colsOf(band, col, Math.min(cell.cols, job.n - col)));
  }
  return jobs;
}

const rowsOf = (job: Gemm, from: number, m: number): Gemm => ({
  ...job,
  m,
  aOffset: job.aOffset + from * (job.transA ? 1 : job.lda),
  cOffset: job.cOffset + from * job.ldc,
});

const colsOf = (job: Gemm, from: number, n: number): Gemm => ({
  ...job,
  n,
  bOffset: job.bOffset + from * (job.transB ? job.ldb : 1),
  cOffset: job.cOffset + from,
});
