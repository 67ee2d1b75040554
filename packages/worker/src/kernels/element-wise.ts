import { checkElementWise } from './check-job.ts';
import { compileClosed } from './compile.ts';
import { inBands } from './event-loop.ts';
import { dtypeOf } from './kernel.ts';
import type { Dtype, ElementWise } from './kernel.ts';

/**
 * C := alpha·A + beta·B, the addition of every kernel: a plain loop already runs at memory speed for tiles larger than
 * the caches, and moving such tiles to a thread, a library or a device would only add passes over memory.
 * Bands of about 2^20 elements with a turn of the event loop between them keep heartbeats and downloads going.
 * @throws KernelInputError when a view does not fit its array
 */
export async function addElementWise(job: ElementWise): Promise<void> {
  checkElementWise(job);
  const add = addFor(dtypeOf(job.c));
  const dense = denseLength(job);
  if (dense > 0) return inBands(dense, 1, (from, to) => add(job, from, to));
  await inBands(job.rows, job.cols, (from, to) => {
    for (let i = from; i < to; i++) {
      const row = {
        ...job,
        aOffset: job.aOffset + i * job.lda,
        bOffset: job.bOffset + i * job.ldb,
        cOffset: job.cOffset + i * job.ldc,
      };
      add(row, 0, job.cols);
    }
  });
}

/** Elements of the job when its rows lie back to back in all three matrices, so that one loop does them all; else 0. */
function denseLength({ rows, cols, lda, ldb, ldc }: ElementWise): number {
  return lda === cols && ldb === cols && ldc === cols ? rows * cols : 0;
}

const compiled = new Map<Dtype, ReturnType<typeof addLoops>>();

function addFor(dtype: Dtype): ReturnType<typeof addLoops> {
  const known = compiled.get(dtype);
  if (known) return known;
  const add = compileClosed(addLoops, dtype);
  compiled.set(dtype, add);
  return add;
}

/** Makes the loops over `length` consecutive elements from `from` to `to`; closed, see `compile.ts`. */
function addLoops(): (job: ElementWise, from: number, to: number) => void {
  type Array = ElementWise['c'];

  function sum(a: Array, ai: number, b: Array, bi: number, c: Array, ci: number, length: number): void {
    const unrolled = length - 3;
    let i = 0;
    for (; i < unrolled; i += 4) {
      c[ci + i] = a[ai + i]! + b[bi + i]!;
      c[ci + i + 1] = a[ai + i + 1]! + b[bi + i + 1]!;
      c[ci + i + 2] = a[ai + i + 2]! + b[bi + i + 2]!;
      c[ci + i + 3] = a[ai + i + 3]! + b[bi + i + 3]!;
    }
    for (; i < length; i++) c[ci + i] = a[ai + i]! + b[bi + i]!;
  }

  function combine(
    alpha: number,
    a: Array,
    ai: number,
    beta: number,
    b: Array,
    bi: number,
    c: Array,
    ci: number,
    length: number,
  ): void {
    for (let i = 0; i < length; i++) c[ci + i] = alpha * a[ai + i]! + beta * b[bi + i]!;
  }

  function scaled(alpha: number, a: Array, ai: number, c: Array, ci: number, length: number): void {
    for (let i = 0; i < length; i++) c[ci + i] = alpha * a[ai + i]!;
  }

  return function add({ alpha, a, aOffset, beta, b, bOffset, c, cOffset }, from, to) {
    const length = to - from;
    const ai = aOffset + from;
    const bi = bOffset + from;
    const ci = cOffset + from;
    if (alpha === 0 && beta === 0) c.fill(0, ci, ci + length);
    else if (alpha === 0) scaled(beta, b, bi, c, ci, length);
    else if (beta === 0) scaled(alpha, a, ai, c, ci, length);
    else if (alpha === 1 && beta === 1) sum(a, ai, b, bi, c, ci, length);
    else combine(alpha, a, ai, beta, b, bi, c, ci, length);
  };
}
