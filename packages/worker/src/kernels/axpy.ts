import { denseLength } from './element-wise.ts';
import type { ElementWise, Elements } from './kernel.ts';

/** Y := scale · X + Y over the whole of two arrays of one length: BLAS's ?axpy with strides of one. */
export interface Axpy {
  readonly length: number;
  readonly scale: 1 | -1;
  readonly x: Elements;
  readonly y: Elements;
}

/** The largest `int`, as which every BLAS takes a length. */
const largestLength = 0x7fff_ffff;

/**
 * The job as an axpy, where it is one: dense, in place, the matrix in C's place taken once and the other added or
 * subtracted. With any other scalar a fused multiply-add rounds once where the loop rounds twice, and workers with and
 * without a BLAS must write the same bits; times 1 or -1 nothing is rounded.
 */
export function asAxpy(job: ElementWise): Axpy | undefined {
  const { a, aOffset, b, bOffset, c, cOffset, alpha, beta } = job;
  const length = denseLength(job);
  const intoA = isSameView(a, aOffset, c, cOffset);
  const intoB = isSameView(b, bOffset, c, cOffset);
  if (length === 0 || length > largestLength || intoA === intoB) return undefined;
  const [kept, scale, other, offset] = intoA ? [alpha, beta, b, bOffset] : [beta, alpha, a, aOffset];
  if (kept !== 1 || (scale !== 1 && scale !== -1)) return undefined;
  return {
    length,
    scale,
    x: other.subarray(offset, offset + length),
    y: c.subarray(cOffset, cOffset + length),
  };
}

const isSameView = (one: Elements, oneOffset: number, other: Elements, otherOffset: number): boolean =>
  one.buffer === other.buffer &&
  one.byteOffset + oneOffset * one.BYTES_PER_ELEMENT === other.byteOffset + otherOffset * other.BYTES_PER_ELEMENT;
