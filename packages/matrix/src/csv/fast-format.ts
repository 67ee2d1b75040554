import { bytesOf } from '../tile.ts';
import type { Elements } from '../tile.ts';
import { csvModule } from './module.ts';

/** Numbers that are written at once: they and their text stay in the second-level cache. */
const NUMBERS = 1 << 12;

/**
 * Puts the text of row-major elements with `cols` columns into `bytes`, which has room for `mostPerCell` bytes of each, and
 * returns its length. `undefined` where there is no WebAssembly SIMD.
 */
export function formatFast(data: Elements, cols: number, bytes: Uint8Array, mostPerCell: number): number | undefined {
  const module = csvModule();
  if (!module) return undefined;
  const size = data.BYTES_PER_ELEMENT;
  module.reserve(NUMBERS * mostPerCell, NUMBERS * size);
  const { text, numbers } = module;
  const format = size === 4 ? module.format32 : module.format64;
  const elements = bytesOf(data);
  let at = 0;
  for (let from = 0; from < data.length; from += NUMBERS) {
    const count = Math.min(NUMBERS, data.length - from);
    module.bytes.set(elements.subarray(from * size, (from + count) * size), numbers);
    const end = format(numbers, count, from % cols, cols, text);
    bytes.set(module.bytes.subarray(text, end), at);
    at += end - text;
  }
  return at;
}
