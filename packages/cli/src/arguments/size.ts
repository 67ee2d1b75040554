import { UsageError } from '../errors.ts';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  k: 1024,
  m: 1024 ** 2,
  g: 1024 ** 3,
  t: 1024 ** 4,
  kib: 1024,
  mib: 1024 ** 2,
  gib: 1024 ** 3,
  tib: 1024 ** 4,
};

/** Nobody means fewer bytes than this: a smaller number without a unit lacks it. */
const LEAST_WITHOUT_UNIT = 1024 ** 2;

/**
 * Reads a number of bytes as people write it: `900MiB`, `1.5 GiB`, `500MB`, `2g`, `943718400`.
 * @throws UsageError naming the option, the form and the value.
 */
export function parseSize(option: string, text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const unit = match === null ? undefined : UNITS[match[2]!.toLowerCase()];
  const bytes = match === null || unit === undefined ? 0 : Math.floor(Number(match[1]) * unit);
  if (bytes <= 0 || !Number.isSafeInteger(bytes)) {
    throw new UsageError(`${option} must be an amount of memory such as 900MiB or 2GiB, but is '${text}'`);
  }
  if (match![2] === '' && bytes < LEAST_WITHOUT_UNIT) {
    throw new UsageError(`${option} ${text} has no unit; write ${text}GiB or ${text}MiB, or at least 1 MiB in bytes`);
  }
  return bytes;
}
