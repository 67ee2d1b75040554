import { UsageError } from '../errors.ts';

/** Whole numbers of at least 1. @throws UsageError naming the option and the value. */
export function parseCount(option: string, text: string, most: number): number {
  const count = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (count >= 1 && count <= most) return count;
  throw new UsageError(`${option} must be a whole number from 1 to ${most}, but is '${text}'`);
}

const LARGEST_SEED = 2n ** 64n - 1n;

/** Seeds are unsigned 64 bit numbers, kept as decimal text. @throws UsageError. */
export function parseSeed(text: string): string {
  if (/^\d{1,20}$/.test(text) && BigInt(text) <= LARGEST_SEED) return BigInt(text).toString();
  throw new UsageError(`--seed must be a whole number from 0 to ${LARGEST_SEED}, but is '${text}'`);
}

/** A range of whole numbers, both ends in it. */
export interface IntegerRange {
  readonly low: number;
  readonly high: number;
}

/** Reads `LOW..HIGH`: `0..9`, `-5..5`. @throws UsageError. */
export function parseIntegers(text: string): IntegerRange {
  const match = /^([+-]?\d+)\.\.([+-]?\d+)$/.exec(text.trim());
  const low = Number(match?.[1]);
  const high = Number(match?.[2]);
  if (match !== null && Number.isSafeInteger(low) && Number.isSafeInteger(high) && low <= high) return { low, high };
  throw new UsageError(`--integers must be LOW..HIGH with whole numbers, such as 0..9 or -5..5, but is '${text}'`);
}

/** Rounds of the check: `rounds=N`, or 0 for `off`. @throws UsageError. */
export function parseVerify(text: string): number {
  if (text === 'off') return 0;
  const match = /^rounds=(\d+)$/.exec(text);
  const rounds = Number(match?.[1]);
  if (rounds >= 1 && rounds <= 64) return rounds;
  throw new UsageError(`--verify must be rounds=N with N from 1 to 64, or off, but is '${text}'`);
}

/** A decimal number. @throws UsageError. */
export function parseScalar(option: string, text: string): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
  if (Number.isFinite(value)) return value;
  throw new UsageError(`${option} must be a number such as 2, -0.5 or 1e-3, but is '${text}'`);
}

/** One of a few words. @throws UsageError listing them. */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => choice === text.toLowerCase());
  if (found !== undefined) return found;
  throw new UsageError(`${option} must be one of ${choices.join(', ')}, but is '${text}'`);
}
