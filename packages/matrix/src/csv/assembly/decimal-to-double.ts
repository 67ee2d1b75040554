import { POINT, ZERO } from './bytes';
import { withDigits } from './digits';
import { upperProduct } from './product';
import { doublePower, EXACT_DOUBLES, GREATEST_POWER, LEAST_POWER, lowerBits, upperBits } from './tables';

/** What isn't settled here: no finite double has these bits. */
export const UNSETTLED: u64 = 0xffffffffffffffff;

/** Any number of so many digits fits in 64 bits. */
const MOST_DIGITS: usize = 19;

/**
 * The bits of the double that `Number` makes of a text: digits from `first` to `wholeEnd`, and, unless `end` is the same,
 * a point and digits to `end`; times 10^`power`, which counts the digits after the point already. `UNSETTLED` if this way
 * can't tell.
 */
export function decimalBits(first: usize, wholeEnd: usize, end: usize, power: i32): u64 {
  const hasPoint = <usize>(end !== wholeEnd);
  // Nearly every fraction has a zero in front, which counts for nothing.
  const zero = <usize>(load<u8>(first) === ZERO);
  if (end - first > MOST_DIGITS + hasPoint + zero) return manyDigitsBits(first, end, power);
  let number = withDigits(0, first, wholeEnd);
  if (hasPoint) number = withDigits(number, wholeEnd + 1, end);
  return doubleBits(number, power);
}

/** The same where the digits may be more than fit in 64 bits. */
function manyDigitsBits(first: usize, end: usize, power: i32): u64 {
  let number: u64 = 0;
  let significant: usize = 0;
  let dropped = 0;
  let nonZero: u8 = 0;
  for (let i = first; i < end; i++) {
    const byte = load<u8>(i);
    if (byte === POINT) continue;
    const digit = byte - ZERO;
    if (significant < MOST_DIGITS) {
      number = number * 10 + digit;
      if (number !== 0) significant++;
    } else {
      dropped++;
      nonZero |= digit;
    }
  }
  power += dropped;
  if (nonZero === 0) return doubleBits(number, power);
  // What was dropped lies between 0 and 1 of the last digit that is left.
  const bits = nearestBits(number, power);
  return bits === nearestBits(number + 1, power) ? bits : UNSETTLED;
}

/**
 * The bits of `digits * 10^power`, rounded to the nearest double, ties to even; `UNSETTLED` for ties that the table can't
 * tell from near ties, and for results that are subnormal, zero or infinite.
 *
 * Digits and power that are exact as doubles need one multiplication or division (Clinger, PLDI 1990). Everything else is
 * Eisel and Lemire's way (Lemire, "Number parsing at a gigabyte per second", 2021): the product with the upper 64 bits of
 * the power; where its error could matter, with all 128.
 */
function doubleBits(digits: u64, power: i32): u64 {
  if (digits <= (<u64>1) << 53) {
    const exact = <f64>(<i64>digits);
    if (power === 0 || digits === 0) return reinterpret<u64>(exact);
    if (power < 0 && power >= -EXACT_DOUBLES) return reinterpret<u64>(exact / doublePower(-power));
    if (power > 0 && power <= EXACT_DOUBLES) return reinterpret<u64>(exact * doublePower(power));
  }
  return nearestBits(digits, power);
}

/** For digits other than 0. */
function nearestBits(digits: u64, power: i32): u64 {
  if (power < LEAST_POWER || power > GREATEST_POWER) return UNSETTLED;
  const zeros = clz(digits);
  const factor = digits << zeros;
  const upper = upperBits(power);
  let high = upperProduct(factor, upper);
  let low = factor * upper;
  // The lower bits of the power add less than `factor` to `low`.
  if ((high & 0x1ff) === 0x1ff && low + factor < low) {
    const lower = lowerBits(power);
    const rest = factor * lower;
    const sum = low + upperProduct(factor, lower);
    if (sum < low) high++;
    low = sum;
    // And what the table leaves out adds less than `factor` to `rest`.
    if ((high & 0x1ff) === 0x1ff && low === 0xffffffffffffffff && rest + factor < rest) return UNSETTLED;
  }
  const top = high >> 63;
  let fraction = high >> (top + 9);
  // One bit more than a double has: halfway, as far as can be seen, and the even neighbour is below.
  if (low === 0 && (high & 0x1ff) === 0 && (fraction & 3) === 1) return UNSETTLED;
  fraction = (fraction + (fraction & 1)) >> 1;
  // 217706 / 2^16 is log2(10) closely enough for every power of the table.
  let exponent = ((power * 217706) >> 16) + 64 + 1023 - <i32>zeros - <i32>(1 ^ top);
  if (fraction >> 53) {
    fraction >>= 1;
    exponent++;
  }
  if (exponent < 1 || exponent > 2046) return UNSETTLED;
  return ((<u64>exponent) << 52) | (fraction & 0x000fffffffffffff);
}
