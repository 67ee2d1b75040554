import type { Elements } from '../tile.ts';
import { seedKey } from './philox.ts';
import { PURPOSE, walkBlocks } from './source.ts';

/**
 * Random vectors for checks such as Freivalds'. `stream` tells vectors of one seed apart; `out` receives elements
 * `offset` .. `offset + out.length` of the vector, so parts can be made independently. Independent of the numbers
 * that `fillRandom` makes from the same seed.
 */
export function fillSigns(seed: number | bigint, stream: number, out: Elements, offset = 0): void {
  const key = { ...seedKey(seed), c2: PURPOSE.signs, c3: stream };
  walkBlocks(key, 128, offset, offset + out.length, (words, skip, count, at) => {
    for (let i = 0; i < count; i++) {
      const bit = skip + i;
      out[at + i] = (words[bit >> 5]! >>> (bit & 31)) & 1 ? 1 : -1;
    }
  });
}

/** Standard normal elements, two from each block (Box and Muller, 1958). Arguments as for `fillSigns`. */
export function fillGaussian(seed: number | bigint, stream: number, out: Elements, offset = 0): void {
  const key = { ...seedKey(seed), c2: PURPOSE.gaussian, c3: stream };
  walkBlocks(key, 2, offset, offset + out.length, (words, skip, count, at) => {
    for (let i = 0; i < count; i++) {
      const item = skip + i;
      const w = (item >> 1) * 4;
      // 1 - u is in (0, 1], so the logarithm is finite.
      const u = ((words[w]! >>> 5) * 67108864 + (words[w + 1]! >>> 6)) * 2 ** -53;
      const v = ((words[w + 2]! >>> 5) * 67108864 + (words[w + 3]! >>> 6)) * 2 ** -53;
      const radius = Math.sqrt(-2 * Math.log(1 - u));
      out[at + i] = radius * (item & 1 ? Math.sin(2 * Math.PI * v) : Math.cos(2 * Math.PI * v));
    }
  });
}
