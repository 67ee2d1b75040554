import { randomBytes } from 'node:crypto';

/** A source of random bytes. Secrets come from it too, so outside tests it must be the system's own. */
export type RandomSource = (size: number) => Uint8Array;

export const systemRandom: RandomSource = (size) => randomBytes(size);

/** `digits` hexadecimal digits, as in `i-0123456789abcdef0` (17 of them). */
export function hexId(random: RandomSource, digits: number): string {
  return Buffer.from(random(Math.ceil(digits / 2)))
    .toString('hex')
    .slice(0, digits);
}

/** A version 4 UUID (RFC 9562, section 5.4), the form of SSM's command ids and of AWS's request ids. */
export function uuid(random: RandomSource): string {
  const bytes = Buffer.from(random(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
