import { checkElementWise } from './check-job.ts';
import { compileClosed } from './compile.ts';
import { inBands } from './event-loop.ts';
import { dtypeOf } from './kernel.ts';
import type { Dtype, ElementWise } from './kernel.ts';

/**
 * C := alpha·A + beta·B, the addition of every kernel but what `blas` takes as an axpy (`axpy.ts`): the loop is
 * near the speed of memory for tiles larger than the caches, and moving such tiles to a thread, a device or WebAssembly's
 * memory would only add passes over them. Copies there by bands that stay in the caches: 8 GB/s, the loop 11; on Zen 4,
 * float64 in place 19, the loop 20 to 28, and into a third matrix 12 against 14 to 26.
 * Bands of about 2^18 elements with a turn of the event loop between them keep heartbeats and downloads going.
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
export function denseLength({ rows, cols, lda, ldb, ldc }: ElementWise): number {
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

/**
 * Makes the loops over consecutive elements `from` to `to`; closed, see `compile.ts`. Each loop gets arrays that start at
 * its first element: with offsets added in every access V8 reaches 10 instead of 13 GB/s. All loops are in one function
 * because V8's middle tier would put a small one into its caller, where it stays at half the speed of optimised code.
 *
 * They run from the last element to the first. On Sapphire Rapids an upward loop that writes what it has just read is
 * slow in memory, though not in the caches: in place 10.0 GB/s of float64 and 4.9 of float32, downward 13.6 and 10.1;
 * into a third matrix 10.7 and 8.2 against 11 and 9. Math.fround gains nothing more, and unrolling by hand costs a third
 * on Zen 4: V8 unrolls a loop as short as this by itself.
 */
function addLoops(): (job: ElementWise, from: number, to: number) => void {
  return function add(job, from, to) {
    const { alpha, beta } = job;
    const a = job.a.subarray(job.aOffset + from, job.aOffset + to);
    const b = job.b.subarray(job.bOffset + from, job.bOffset + to);
    const c = job.c.subarray(job.cOffset + from, job.cOffset + to);
    const length = to - from;
    if (alpha === 1 && beta === 1) for (let i = length - 1; i >= 0; i--) c[i] = a[i]! + b[i]!;
    else if (alpha === 0 && beta === 0) c.fill(0);
    else if (alpha === 0) for (let i = length - 1; i >= 0; i--) c[i] = beta * b[i]!;
    else if (beta === 0) for (let i = length - 1; i >= 0; i--) c[i] = alpha * a[i]!;
    else for (let i = length - 1; i >= 0; i--) c[i] = alpha * a[i]! + beta * b[i]!;
  };
}
