import { COMMA, LINE_FEED, MINUS, POINT, SMALL_E, ZERO } from './bytes';
import { ASCII_ZEROS, eightDigits } from './digits';
import { powerOfDigits, shortestDigits } from './double-to-decimal';
import { doublePower, EXACT_DOUBLES, integerPower } from './tables';

const INFINITE: u64 = 0x7ff0000000000000;
const FIFTEEN_DIGITS: f64 = 1000000000000000;
/** Decimals of the number before, if it had few digits; 0 otherwise. */
let likelyDecimals: i32 = 0;
const EXACT_INTEGERS: f64 = 9007199254740992;
const HUNDRED_MILLION: u64 = 100000000;

/**
 * Writes `count` float64 numbers as cells, each followed by a comma or, in the last of `columns`, by a line feed; the
 * first one is in column `column`. Returns the text's end, at most 25 bytes per number on; 32 more may be overwritten.
 */
export function format64(numbers: usize, count: i32, column: i32, columns: i32, text: usize): usize {
  return cells<f64>(numbers, count, column, columns, text);
}

export function format32(numbers: usize, count: i32, column: i32, columns: i32, text: usize): usize {
  return cells<f32>(numbers, count, column, columns, text);
}

function cells<T>(numbers: usize, count: i32, column: i32, columns: i32, text: usize): usize {
  let out = text;
  for (let i = 0; i < count; i++, numbers += sizeof<T>()) {
    out = cell(<f64>load<T>(numbers), out);
    if (++column === columns) column = 0;
    store<u8>(out++, column === 0 ? LINE_FEED : COMMA);
  }
  return out;
}

/** The text of a number at `out`, as `String(x)` but for -0; returns its end. */
function cell(x: f64, out: usize): usize {
  const raw = reinterpret<u64>(x);
  const bits = raw & 0x7fffffffffffffff;
  if (bits > INFINITE) {
    store<u32>(out, 0x004e614e); // NaN
    return out + 3;
  }
  store<u8>(out, MINUS);
  out += <usize>(raw >> 63);
  if (bits === INFINITE) {
    store<u64>(out, 0x7974696e69666e49); // Infinity
    return out + 8;
  }
  const size = reinterpret<f64>(bits);
  if (size < 100000000) {
    const whole = <u32>size;
    if (<f64>whole === size) return smallInteger(whole, out);
  }
  if (size < EXACT_INTEGERS) {
    const whole = <u64>size;
    if (<f64>whole === size) return decimal(whole, 0, out);
  }
  // Where one number has few decimals, the next one often has as many.
  const decimals = likelyDecimals;
  if (decimals > 0) {
    // A decimal of at most 15 digits that reads back as the number is the only such one: there is no shorter.
    const scaled = nearest(size * doublePower(decimals));
    if (scaled < FIFTEEN_DIGITS && scaled / doublePower(decimals) === size) {
      const end = decimal(<u64>scaled, -decimals, out);
      likelyDecimals = decimals;
      return end;
    }
  }
  const digits = shortestDigits(bits);
  return decimal(digits, powerOfDigits, out);
}

/** A whole number below 10^8. */
function smallInteger(number: u32, out: usize): usize {
  const digits = eightDigits(number);
  // The zeros in front, of which a lone zero keeps one.
  const zeros = ctz(digits | ((<u64>1) << 56)) >> 3;
  store<u64>(out, (digits | ASCII_ZEROS) >> (zeros << 3));
  return out + 8 - <usize>zeros;
}

/**
 * `digits * 10^power` as ECMAScript's Number::toString lays it out: no more digits than needed, an exponent where the point
 * would be more than 21 places after, or 6 before, the first digit.
 */
function decimal(digits: u64, power: i32, out: usize): usize {
  // Seventeen digits: one, eight and eight.
  const length = lengthOf(digits);
  const aligned = digits * integerPower(17 - length);
  const front = aligned / HUNDRED_MILLION;
  const first = front / HUNDRED_MILLION;
  const middle = eightDigits(<u32>(front - first * HUNDRED_MILLION));
  const last = eightDigits(<u32>(aligned - front * HUNDRED_MILLION));
  const count = last !== 0 ? 17 - <i32>(clz(last) >> 3) : middle !== 0 ? 9 - <i32>(clz(middle) >> 3) : 1;
  // The first eight digits as text, and the others.
  const head = first | (middle << 8) | ASCII_ZEROS;
  const point = length + power;
  const decimals = count - point;
  likelyDecimals = count <= 15 && decimals > 0 && decimals <= EXACT_DOUBLES ? decimals : 0;

  if (point > 0 && point <= 21) {
    if (point >= count) {
      store<u64>(out, head);
      store<u64>(out, (middle >> 56) | (last << 8) | ASCII_ZEROS, 8);
      store<u64>(out, ASCII_ZEROS | (last >> 56), 16);
      return out + point;
    }
    // All digits one place on, then those before the point, and the point, over them.
    store<u8>(out, <u8>first + ZERO, 1);
    store<u64>(out, middle | ASCII_ZEROS, 2);
    store<u64>(out, last | ASCII_ZEROS, 10);
    if (point < 8) {
      const mask = ((<u64>1) << ((<u64>point) << 3)) - 1;
      store<u64>(out, (head & mask) | ((head << 8) & ~((mask << 8) | 0xff)) | ((<u64>POINT) << ((<u64>point) << 3)));
    } else {
      store<u64>(out, head);
      if (point > 8) {
        const tail = (middle >> 56) | (last << 8) | ASCII_ZEROS;
        for (let i = 8; i < point; i++) store<u8>(out + i, <u8>(tail >> ((<u64>(i - 8)) << 3)));
      }
      store<u8>(out + point, POINT);
    }
    return out + count + 1;
  }
  if (point <= 0 && point > -6) {
    store<u64>(out, ASCII_ZEROS ^ ((<u64>(ZERO ^ POINT)) << 8));
    out += 2 - point;
    store<u8>(out, <u8>first + ZERO);
    store<u64>(out, middle | ASCII_ZEROS, 1);
    store<u64>(out, last | ASCII_ZEROS, 9);
    return out + count;
  }
  store<u8>(out, <u8>first + ZERO);
  store<u8>(out, POINT, 1);
  store<u64>(out, middle | ASCII_ZEROS, 2);
  store<u64>(out, last | ASCII_ZEROS, 10);
  return exponent(point - 1, out + (count === 1 ? 1 : count + 1));
}

function exponent(power: i32, out: usize): usize {
  store<u8>(out, SMALL_E);
  store<u8>(out, power < 0 ? MINUS : 43, 1);
  return smallInteger(power < 0 ? -power : power, out + 2);
}

/** How many digits a number below 10^17, and not 0, has. */
function lengthOf(number: u64): i32 {
  // 1233 / 2^12 is just above log10(2).
  const guess = (<i32>(64 - clz(number)) * 1233) >> 12;
  return guess + <i32>(number >= integerPower(guess));
}
