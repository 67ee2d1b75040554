import { RegionError } from '../errors.ts';
import { checkRegion } from '../tile.ts';
import type { Elements, Region, Shape } from '../tile.ts';
import { seedKey } from './philox.ts';
import { PURPOSE, walkBlocks } from './source.ts';

/**
 * What random elements look like.
 * - `uniform`: reals in [0, 1), multiples of 2^-53 in float64 and of 2^-24 in float32.
 * - `integers`: whole numbers from `low` to `high`, both included: `low + floor(u * n)` with u of 53 bits and n the
 *   number of values, so each value's probability is off by at most n / 2^53 of itself. The same in both dtypes.
 */
export type Distribution =
  | { readonly kind: 'uniform' }
  | { readonly kind: 'integers'; readonly low: number; readonly high: number };

export interface RandomOperand {
  /** From 0 to 2^64 - 1: the Philox key. */
  readonly seed: number | bigint;
  /** Which operand of the job (0 is A, 1 is B): counter word 3. */
  readonly operand: number;
  readonly distribution: Distribution;
}

/**
 * Fills `out` (row-major, `region.rows * region.cols`) with a region of a random matrix. An element depends only on
 * the seed, the operand, the distribution, the dtype and its own index `row * shape[1] + col`, so every tiling gives
 * the same matrix: the counter is the index divided by the elements that a block of 128 bits makes (2 of 53 bits, or
 * 4 of 24 bits for uniform float32).
 * @throws RegionError when `out` doesn't fit; RangeError for a bad seed or bounds.
 */
export function fillRandom(operand: RandomOperand, shape: Shape, region: Region, out: Elements): void {
  checkRegion(region, shape, 'a random matrix');
  if (out.length !== region.rows * region.cols) {
    throw new RegionError(`${out.length} elements can't hold a random region of ${region.rows}x${region.cols}.`);
  }
  const stream = { ...seedKey(operand.seed), c2: PURPOSE.elements, c3: operand.operand };
  const [perBlock, turn] = turning(operand.distribution, out);
  const run = (from: number, count: number, base: number) =>
    walkBlocks(stream, perBlock, from, from + count, (words, skip, n, at) => turn(words, skip, n, base + at));

  if (region.cols === shape[1]) run(region.row * shape[1], out.length, 0);
  else {
    for (let i = 0; i < region.rows; i++) {
      run((region.row + i) * shape[1] + region.col, region.cols, i * region.cols);
    }
  }
}

type Turn = (words: Uint32Array, skip: number, count: number, at: number) => void;

function turning(distribution: Distribution, out: Elements): [perBlock: number, turn: Turn] {
  if (distribution.kind === 'integers') {
    const { low, high } = checkBounds(distribution, out);
    const values = high - low + 1;
    return [2, (words, skip, count, at) => toIntegers(words, skip, count, out, at, low, values)];
  }
  if (out instanceof Float32Array) return [4, (words, skip, count, at) => toFloat32(words, skip, count, out, at)];
  return [2, (words, skip, count, at) => toFloat64(words, skip, count, out, at)];
}

/** 53 bits: 27 of the first word, 26 of the second, as a multiple of 2^-53. */
function toFloat64(words: Uint32Array, skip: number, count: number, out: Float64Array, at: number): void {
  for (let i = 0, w = 2 * skip; i < count; i++, w += 2) {
    out[at + i] = ((words[w]! >>> 5) * 67108864 + (words[w + 1]! >>> 6)) * 2 ** -53;
  }
}

function toFloat32(words: Uint32Array, skip: number, count: number, out: Float32Array, at: number): void {
  for (let i = 0; i < count; i++) out[at + i] = (words[skip + i]! >>> 8) * 2 ** -24;
}

function toIntegers(
  words: Uint32Array,
  skip: number,
  count: number,
  out: Elements,
  at: number,
  low: number,
  values: number,
): void {
  for (let i = 0, w = 2 * skip; i < count; i++, w += 2) {
    const u = ((words[w]! >>> 5) * 67108864 + (words[w + 1]! >>> 6)) * 2 ** -53;
    out[at + i] = low + Math.floor(u * values);
  }
}

function checkBounds({ low, high }: { low: number; high: number }, out: Elements) {
  const limit = out instanceof Float32Array ? 2 ** 24 : Number.MAX_SAFE_INTEGER;
  const exact = [low, high].every((n) => Number.isSafeInteger(n) && Math.abs(n) <= limit);
  if (!exact || low > high || !Number.isSafeInteger(high - low + 1)) {
    throw new RangeError(
      `Can't draw integers from ${low} to ${high}: expected whole numbers within ±${limit}, in order`,
    );
  }
  return { low, high };
}
