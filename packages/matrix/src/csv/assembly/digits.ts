/**
 * Runs of decimal digits in a text, sixteen bytes at once, and their numbers, eight bytes at once in a word, whose lowest
 * byte is the text's first. "Digits" are values from 0 to 9; added to `ASCII_ZEROS` they are text.
 */
import { integerPower } from './tables';

export const ASCII_ZEROS: u64 = 0x3030303030303030;

/** The first byte from `from` on that is no digit. */
export function digitsEnd(from: usize): usize {
  let i = from;
  let others = othersOf(i);
  while (others === 0) {
    i += 16;
    others = othersOf(i);
  }
  return i + ctz(others);
}

/** A bit for each of sixteen bytes that is no digit. */
function othersOf(from: usize): i32 {
  const values = i8x16.sub(v128.load(from), i8x16.splat(0x30));
  return i8x16.bitmask(i8x16.gt_u(values, i8x16.splat(9)));
}

/** `number` with the digits from `from` to `end` behind it. Up to seven bytes after `end` are read and left alone. */
export function withDigits(number: u64, from: usize, end: usize): u64 {
  let i = from;
  while (end - i >= 8) {
    number = number * 100000000 + numberOf(load<u64>(i) ^ ASCII_ZEROS);
    i += 8;
  }
  const left = <i32>(end - i);
  // Zeros in front of them; in two steps, since a shift by 64 would be one by 0.
  const digits = ((load<u64>(i) ^ ASCII_ZEROS) << ((<u64>(7 - left)) << 3)) << 8;
  return number * integerPower(left) + numberOf(digits);
}

/** The number that eight digits are: pairs, then fours, then all of them, each step in all places at once. */
function numberOf(digits: u64): u64 {
  const pairs = (digits * (10 * 256 + 1)) >> 8;
  const fours = ((pairs & 0x00ff00ff00ff00ff) * (100 * 65536 + 1)) >> 16;
  return ((fours & 0x0000ffff0000ffff) * (10000 * 4294967296 + 1)) >> 32;
}

/** Eight digits, leading zeros included, of a number below 10^8. */
export function eightDigits(number: u32): u64 {
  const front = number / 10000;
  const fours = <u64>front | ((<u64>(number - front * 10000)) << 32);
  // 10486 / 2^20 and 103 / 2^10 are just above 1/100 and 1/10: exact quotients of numbers below 10^4 and 10^2.
  const hundreds = ((fours * 10486) >> 20) & 0x0000007f0000007f;
  const pairs = hundreds | ((fours - hundreds * 100) << 16);
  const tens = ((pairs * 103) >> 10) & 0x000f000f000f000f;
  return tens | ((pairs - tens * 10) << 8);
}
