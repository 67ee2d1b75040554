/**
 * Decimal text to float64 without a string, equal to `Number(text)` to the last bit.
 *
 * Up to 27 significant digits are collected as three int32 groups of 9. Where the digits fit in 2^53 and the power of
 * ten is at most 10^22, both are exact and one multiplication or division rounds correctly (Clinger, "How to read
 * floating point numbers accurately", PLDI 1990, fast path). Otherwise the quotient is computed as an unevaluated sum
 * of two doubles (Dekker, 1971) with a relative error below 2^-100, and Ziv's test (1991) tells whether that settles
 * the rounding. What is left goes to `Number`.
 */

/** Largest power of ten in the tables; wide enough for `%.18e` of numbers from 1e-40 to 1e78. */
export const MAX_POWER = 60;

/** 10^n = HIGH[n] + LOW[n] to 106 bits; LOW[n] is 0 up to n = 22. */
const HIGH = new Float64Array(MAX_POWER + 1);
const LOW = new Float64Array(MAX_POWER + 1);
for (let n = 0, power = 1n; n <= MAX_POWER; n++, power *= 10n) {
  HIGH[n] = Number(power);
  LOW[n] = Number(power - BigInt(HIGH[n]!));
}

/** Veltkamp's constant, 2^27 + 1: splits a double into two halves of 26 bits. */
const SPLIT = 134217729;
/** More than the error of the two-double quotient, less than what would make the test fail often. */
const ZIV = 2 ** -95;

/**
 * `digits * 10^exponent` correctly rounded, where the digits are `a` (at most 9 of them), then `nb` of `b`, then `nc`
 * of `c`. NaN when this way can't tell; the caller then takes `Number`.
 */
export function decimal(a: number, b: number, nb: number, c: number, nc: number, exponent: number): number {
  // Exact: a * 5^9 < 2^53, and the rest is a power of two.
  const front = a * HIGH[nb]!;
  // Fast two-sum: sum + rest is exactly front + b.
  let sum = front + b;
  let rest = b - (sum - front);
  if (rest === 0 && nc === 0 && sum <= 9007199254740992) {
    if (sum === 0) return 0;
    if (exponent >= 0 && exponent <= 22) return sum * HIGH[exponent]!;
    if (exponent < 0 && exponent >= -22) return sum / HIGH[-exponent]!;
  }
  if (exponent > MAX_POWER || exponent < -MAX_POWER) return NaN;
  if (nc > 0) {
    const scale = HIGH[nc]!;
    const product = sum * scale;
    const low = productError(sum, scale, product) + rest * scale + c;
    sum = product + low;
    rest = low - (sum - product);
  }
  let main: number;
  let correction: number;
  if (exponent >= 0) {
    const power = HIGH[exponent]!;
    main = sum * power;
    correction = productError(sum, power, main) + (sum * LOW[exponent]! + rest * power);
  } else {
    const power = HIGH[-exponent]!;
    main = sum / power;
    const product = main * power;
    const remainder = sum - product - productError(main, power, product) + (rest - main * LOW[-exponent]!);
    correction = remainder / power;
  }
  const doubt = main * ZIV;
  const rounded = main + (correction + doubt);
  return rounded === main + (correction - doubt) ? rounded : NaN;
}

/** x * y - product, exactly, for product = fl(x * y) (Dekker's product without fused multiply-add). */
function productError(x: number, y: number, product: number): number {
  const p = x * SPLIT;
  const xh = p - (p - x);
  const xl = x - xh;
  const q = y * SPLIT;
  const yh = q - (q - y);
  const yl = y - yh;
  return xl * yl - (product - xh * yh - xl * yh - xh * yl);
}

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const SPECIAL = /^([+-]?)(?:(nan)|inf(?:inity)?)$/i;

/** The number that a cell's text stands for, or `undefined`. Decimal numbers, `nan`, `inf` and `infinity` in any case. */
export function cellNumber(text: string): number | undefined {
  const trimmed = text.trim();
  if (DECIMAL.test(trimmed)) return Number(trimmed);
  const special = SPECIAL.exec(trimmed);
  if (!special) return undefined;
  if (special[2] !== undefined) return NaN;
  return special[1] === '-' ? -Infinity : Infinity;
}
