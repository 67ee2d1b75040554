/**
 * Philox4x32-10, the counter-based generator of Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as
 * 1, 2, 3", SC'11. A 128-bit counter and a 64-bit key make 128 random bits; nothing is carried from one to the next,
 * so any part of a random matrix can be made anywhere.
 */

/** The 64-bit key and the upper half of the counter; the lower half is the number of the block. */
export interface PhiloxStream {
  /** Counter words 2 and 3. */
  readonly c2: number;
  readonly c3: number;
  /** Key words 0 and 1. */
  readonly k0: number;
  readonly k1: number;
}

/** Writes `count` blocks of four words each to `words`, from block number `first` (a safe integer) of the stream. */
export type BlockSource = (words: Uint32Array, count: number, first: number, stream: PhiloxStream) => void;

const M0 = 0xd2511f53;
const M1 = 0xcd9e8d57;
const M0_LOW = M0 & 0xffff;
const M0_HIGH = M0 >>> 16;
const M1_LOW = M1 & 0xffff;
const M1_HIGH = M1 >>> 16;
const W0 = 0x9e3779b9;
const W1 = 0xbb67ae85;
const TWO_32 = 4294967296;

/**
 * The plain TypeScript source. The upper half of each 32 x 32 bit product comes from four 16 x 16 bit products, whose
 * partial sums all fit in 32 bits.
 */
export const philoxBlocks: BlockSource = (words, count, first, { c2, c3, k0, k1 }) => {
  for (let i = 0; i < count; i++) {
    const block = first + i;
    let x0 = block | 0;
    let x1 = (block / TWO_32) | 0;
    let x2 = c2 | 0;
    let x3 = c3 | 0;
    let q0 = k0 | 0;
    let q1 = k1 | 0;
    for (let round = 0; round < 10; round++) {
      const a = x0 & 0xffff;
      const b = x0 >>> 16;
      const s = (Math.imul(b, M0_LOW) + (Math.imul(a, M0_LOW) >>> 16)) | 0;
      const t = (Math.imul(a, M0_HIGH) + (s & 0xffff)) | 0;
      const high0 = (Math.imul(b, M0_HIGH) + (s >>> 16) + (t >>> 16)) | 0;
      const low0 = Math.imul(x0, M0);
      const c = x2 & 0xffff;
      const d = x2 >>> 16;
      const u = (Math.imul(d, M1_LOW) + (Math.imul(c, M1_LOW) >>> 16)) | 0;
      const v = (Math.imul(c, M1_HIGH) + (u & 0xffff)) | 0;
      const high1 = (Math.imul(d, M1_HIGH) + (u >>> 16) + (v >>> 16)) | 0;
      const low1 = Math.imul(x2, M1);
      x0 = high1 ^ x1 ^ q0;
      x1 = low1;
      x2 = high0 ^ x3 ^ q1;
      x3 = low0;
      q0 = (q0 + W0) | 0;
      q1 = (q1 + W1) | 0;
    }
    const at = 4 * i;
    words[at] = x0;
    words[at + 1] = x1;
    words[at + 2] = x2;
    words[at + 3] = x3;
  }
};

/** The key words of a seed: a whole number from 0 to 2^64 - 1. @throws RangeError */
export function seedKey(seed: number | bigint): { k0: number; k1: number } {
  const valid = typeof seed === 'bigint' ? seed >= 0n && seed < 1n << 64n : Number.isSafeInteger(seed) && seed >= 0;
  if (!valid) throw new RangeError(`The seed ${seed} isn't a whole number from 0 to 2^64 - 1`);
  const wide = BigInt(seed);
  return { k0: Number(wide & 0xffffffffn), k1: Number(wide >> 32n) };
}
