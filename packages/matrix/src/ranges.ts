/** Cuts `length` into ranges of `step`, the last of them shorter where it has to be. */
export function* ranges(length: number, step: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < length; from += step) yield [from, Math.min(length, from + step)];
}
