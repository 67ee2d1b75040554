/**
 * Elements that any schedule of a classical product must move between its memories and the store, over all workers:
 *
 *     W · max(2·(mnk/W)/sqrt(M) - 2M, 0), and at least every operand once in and C once out
 *
 * with M the elements that fit in one worker's memory. Smith, Lowery, Langou, van de Geijn, "A tight I/O lower bound for
 * matrix multiplication", arXiv:1702.02017.
 */
export function movedElementsBound(m: number, n: number, k: number, memoryElements: number, workers: number): number {
  const each = (2 * m * n * k) / workers / Math.sqrt(memoryElements) - 2 * memoryElements;
  return Math.max(workers * Math.max(each, 0), m * k + k * n + m * n);
}
