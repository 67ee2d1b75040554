/*
 * Sums over one row of a matrix, `length` elements of `row` from `from` on, in float64. Each keeps several partial sums, for
 * an addition waits for the one before it; rows come from memory once and are then in the nearest cache.
 */

/** The products of a row with each of the vectors, to `out` from `at` on. */
export function rowTimes(
  row: Float64Array,
  from: number,
  length: number,
  vectors: readonly Float64Array[],
  out: Float64Array,
  at: number,
): void {
  let index = 0;
  for (; index + 1 < vectors.length; index += 2)
    timesTwo(row, from, length, vectors[index]!, vectors[index + 1]!, out, at + index);
  if (index < vectors.length) timesTwo(row, from, length, vectors[index]!, vectors[index]!, LAST, 0);
  if (index < vectors.length) out[at + index] = LAST[0]!;
}
const LAST = new Float64Array(2);

function timesTwo(
  row: Float64Array,
  from: number,
  length: number,
  one: Float64Array,
  other: Float64Array,
  out: Float64Array,
  at: number,
): void {
  let [a, b, c, d] = [0, 0, 0, 0];
  const even = length - (length % 2);
  for (let col = 0; col < even; col += 2) {
    const left = row[from + col]!;
    const right = row[from + col + 1]!;
    a += left * one[col]!;
    b += right * one[col + 1]!;
    c += left * other[col]!;
    d += right * other[col + 1]!;
  }
  if (even < length) {
    a += row[from + even]! * one[even]!;
    c += row[from + even]! * other[even]!;
  }
  out[at] = a + b;
  out[at + 1] = c + d;
}

/** The sum of a row's squares. */
export function rowSquares(row: Float64Array, from: number, length: number): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = from + length - (length % 4);
  let at = from;
  for (; at < whole; at += 4) {
    a += row[at]! * row[at]!;
    b += row[at + 1]! * row[at + 1]!;
    c += row[at + 2]! * row[at + 2]!;
    d += row[at + 3]! * row[at + 3]!;
  }
  for (; at < from + length; at++) a += row[at]! * row[at]!;
  return a + b + (c + d);
}

/** The product of a row's absolute values with a vector. */
export function rowSizesTimes(row: Float64Array, from: number, length: number, vector: Float64Array): number {
  let [a, b, c, d] = [0, 0, 0, 0];
  const whole = length - (length % 4);
  let col = 0;
  for (; col < whole; col += 4) {
    a += Math.abs(row[from + col]!) * vector[col]!;
    b += Math.abs(row[from + col + 1]!) * vector[col + 1]!;
    c += Math.abs(row[from + col + 2]!) * vector[col + 2]!;
    d += Math.abs(row[from + col + 3]!) * vector[col + 3]!;
  }
  for (; col < length; col++) a += Math.abs(row[from + col]!) * vector[col]!;
  return a + b + (c + d);
}
