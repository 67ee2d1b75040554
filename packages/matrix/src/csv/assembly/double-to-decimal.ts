import { upperProduct } from './product';
import { EXACT_POWERS, lowerBits, upperBits } from './tables';

/** The power of ten that the digits of `shortestDigits` are to be multiplied with. */
export let powerOfDigits: i32 = 0;

/**
 * The shortest decimal that reads back as the same double, and of several the closest to it, as ECMAScript's
 * Number::toString wants: returns its digits, with zeros at the end perhaps, and leaves its power in `powerOfDigits`.
 * For finite doubles other than 0, given by their bits without the sign.
 *
 * Raffaello Giulietti's Schubfach ("The Schubfach way to render doubles", 2021), after its section 9: all that reads back
 * as `fraction * 2^exponent` lies between two bounds; scaled by a power of ten that leaves room for at least one and less
 * than ten whole numbers, either one of its tens or one or two of its whole numbers lies between them.
 */
export function shortestDigits(bits: u64): u64 {
  const stored = <i32>(bits >> 52);
  const mantissa = bits & 0x000fffffffffffff;
  const fraction = stored === 0 ? mantissa : mantissa | (1 << 52);
  const exponent = (stored === 0 ? 1 : stored) - 1075;
  // Below a power of two the next double is half as far away as above it.
  const lopsided = mantissa === 0 && stored > 1;
  // floor(log10(2^exponent)), or of 3/4 of it; then how far to shift for the quotient's last two bits to be fractions.
  const power = (exponent * 1262611 - (lopsided ? 524031 : 0)) >> 22;
  const shift = <u64>(exponent + ((-power * 1741647) >> 19) + 1);
  const factor = fraction << (2 + shift);

  // The scale is 10^-power to 128 bits, rounded up. The table truncates; no entry's lower bits are all ones.
  const up = power > 0 || -power > EXACT_POWERS;
  const scaleHigh = upperBits(-power);
  const scaleLow = lowerBits(-power) + <u64>up;

  // The number, scaled, in 192 bits, and how far away the bounds are.
  const p0 = factor * scaleLow;
  const carried = upperProduct(factor, scaleLow);
  const p1 = factor * scaleHigh + carried;
  const p2 = upperProduct(factor, scaleHigh) + <u64>(p1 < carried);
  const half = shift + 1;
  const d0 = scaleLow << half;
  const d1 = (scaleHigh << half) | (scaleLow >> (64 - half));
  const d2 = scaleHigh >> (64 - half);
  const low = <u64>lopsided;
  const e0 = scaleLow << (half - low);
  const e1 = (scaleHigh << (half - low)) | (scaleLow >> (64 - half + low));
  const e2 = scaleHigh >> (64 - half + low);

  const b0 = <u64>(p0 < e0);
  const l1 = p1 - e1;
  const b1 = <u64>(p1 < e1) | <u64>(l1 < b0);
  const l2 = p2 - e2 - b1;
  const u0 = p0 + d0;
  const c0 = <u64>(u0 < p0);
  const u1 = p1 + d1;
  const u1c = u1 + c0;
  const c1 = <u64>(u1 < p1) | <u64>(u1c < c0);
  const u2 = p2 + d2 + c1;

  // Rounded to odd: the last bit says whether anything but zeros was cut off. Odd fractions don't own their bounds.
  const number = p2 | <u64>(p1 > 1);
  const odd = fraction & 1;
  const lower = (l2 | <u64>(l1 - b0 > 1)) + odd;
  const upper = (u2 | <u64>(u1c > 1)) - odd;

  const whole = number >> 2;
  powerOfDigits = power;
  if (whole >= 10) {
    const tens = whole / 10;
    const below = lower <= 40 * tens;
    const above = 40 * tens + 40 <= upper;
    if (below !== above) {
      powerOfDigits = power + 1;
      return tens + <u64>above;
    }
  }
  const below = lower <= 4 * whole;
  const above = 4 * whole + 4 <= upper;
  if (below !== above) return whole + <u64>above;
  const middle = 4 * whole + 2;
  return whole + <u64>(number > middle || (number === middle && (whole & 1) !== 0));
}
