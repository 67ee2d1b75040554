import { denseLength } from './element-wise.ts';
import { dtypeOf } from './kernel.ts';
import type { ElementWise, Elements } from './kernel.ts';

/** Y := scale · X + Y over the whole of two arrays of one length: BLAS's ?axpy with strides of one. */
export interface Axpy {
  readonly length: number;
  readonly scale: 1 | -1;
  readonly x: Elements;
  readonly y: Elements;
  /** What is to be copied into Y first, where the sum goes into a third matrix; its length is Y's. */
  readonly first?: Elements;
}

/** The largest `int`, as which every BLAS takes a length. */
const largestLength = 0x7fff_ffff;

/**
 * The job as an axpy, where it is one: dense, one matrix taken once and the other added or subtracted. With any other
 * scalar a fused multiply-add rounds once where the loop rounds twice, and workers with and without a BLAS must write the
 * same bits; times 1 or -1 nothing is rounded.
 *
 * A sum into a third matrix is a copy and an axpy only for float32: the loop converts each number to float64 and back,
 * which holds it at 12 to 13 GB/s on Zen 4, where copy and axpy by bands that stay in the caches reach 18. For float64
 * they reach 18 to 21 and the loop 24 to 29 (14 at 4096×4096: how the matrices lie to each other counts there).
 */
export function asAxpy(job: ElementWise): Axpy | undefined {
  const { a, aOffset, b, bOffset, c, cOffset, alpha, beta } = job;
  const length = denseLength(job);
  const intoA = isSameView(a, aOffset, c, cOffset);
  const intoB = isSameView(b, bOffset, c, cOffset);
  const intoThird = !intoA && !intoB;
  if (length === 0 || length > largestLength || (intoA && intoB)) return undefined;
  if (intoThird && dtypeOf(c) !== 'float32') return undefined;
  const keepsA = intoA || (intoThird && alpha === 1);
  const viewOfA = a.subarray(aOffset, aOffset + length);
  const viewOfB = b.subarray(bOffset, bOffset + length);
  const [kept, first, scale, x] = keepsA
    ? ([alpha, viewOfA, beta, viewOfB] as const)
    : ([beta, viewOfB, alpha, viewOfA] as const);
  if (kept !== 1 || (scale !== 1 && scale !== -1)) return undefined;
  const sum: Axpy = { length, scale, x, y: c.subarray(cOffset, cOffset + length) };
  return intoThird ? { ...sum, first } : sum;
}

const isSameView = (one: Elements, oneOffset: number, other: Elements, otherOffset: number): boolean =>
  one.buffer === other.buffer &&
  one.byteOffset + oneOffset * one.BYTES_PER_ELEMENT === other.byteOffset + otherOffset * other.BYTES_PER_ELEMENT;
