/**
 * What lies in the module's memory, written there once by `../module.ts`: powers of ten to 128
 * bits, small powers as integers and as doubles. Everything above `FREE` is the caller's: texts and numbers. The
 * first 1,024 bytes stay empty: the optimizer takes it for granted that no address lies there.
 */

/** The powers whose 128 leading bits are known; a decimal outside of them goes to `Number`. */
export const LEAST_POWER: i32 = -342;
export const GREATEST_POWER: i32 = 326;

/** 128 leading bits of 10^n, truncated: the upper 64 bits at n's place, then the lower. */
export const POWERS: usize = 1536;
/** 10^n as an integer, n from 0 to 19. */
export const INTEGERS: usize = 1024;
/** 10^n as a double, n from 0 to 22: those that are exact. */
export const DOUBLES: usize = 1280;
export const FREE: usize = 12288;

export const EXACT_DOUBLES: i32 = 22;
/** 10^n fits in 128 bits up to here; above, and below 0, what the table holds is less than the power. */
export const EXACT_POWERS: i32 = 55;

export function integerPower(n: i32): u64 {
  return load<u64>(INTEGERS + ((<usize>n) << 3));
}

export function doublePower(n: i32): f64 {
  return load<f64>(DOUBLES + ((<usize>n) << 3));
}

export function upperBits(n: i32): u64 {
  return load<u64>(POWERS + ((<usize>(n - LEAST_POWER)) << 4));
}

export function lowerBits(n: i32): u64 {
  return load<u64>(POWERS + ((<usize>(n - LEAST_POWER)) << 4), 8);
}
