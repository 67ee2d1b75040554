import { evenChunk } from '@tessera/matrix';

/** One side of a matrix, cut into equal lengths. */
export interface Cut {
  /** Elements of each length but perhaps the last, a multiple of `chunk` unless it is all. */
  readonly length: number;
  /** How many lengths there are. */
  readonly parts: number;
  /** Elements of the chunks that lie in a length. */
  readonly chunk: number;
}

/**
 * Cuts `size` into about `wanted` lengths, each of whole chunks of at most about `target` elements.
 * @param unit in elements: lengths are multiples of it, or all
 */
export function cut(size: number, wanted: number, target: number, unit: number | undefined): Cut {
  const least = Math.ceil(size / wanted);
  if (unit !== undefined) {
    const length = Math.min(size, Math.ceil(least / unit) * unit);
    return {
      length,
      parts: Math.ceil(size / length),
      chunk: length === size ? evenChunk(size, target) : divisor(length, unit, target),
    };
  }
  const chunk = evenChunk(least, target);
  const length = Math.min(size, Math.ceil(least / chunk) * chunk);
  return { length, parts: Math.ceil(size / length), chunk };
}

/** A chunk that divides `length` (a multiple of `unit`): as many units as fit the target, or an even part of one unit. */
function divisor(length: number, unit: number, target: number): number {
  const units = length / unit;
  for (let count = Math.min(units, Math.floor(target / unit)); count >= 1; count--) {
    if (units % count === 0) return count * unit;
  }
  for (let parts = Math.ceil(unit / target); parts <= Math.min(unit, 4 * Math.ceil(unit / target)); parts++) {
    if (unit % parts === 0) return unit / parts;
  }
  return unit;
}

/**
 * Cuts of `size` to choose from, few lengths first: every count of parts up to 64, then each about 4 % above the last, so
 * that some are near any count that memory or balance asks for.
 */
export function* cuts(size: number, target: number, unit: number | undefined): Generator<Cut> {
  let last = 0;
  for (let wanted = 1; wanted <= size; wanted = wanted < 64 ? wanted + 1 : Math.ceil(wanted * 1.04)) {
    const next = cut(size, wanted, target, unit);
    if (next.length !== last) yield next;
    last = next.length;
    if (last === unit) return;
  }
}
