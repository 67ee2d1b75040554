/** Numbers kept for the median: the latest. */
const KEPT = 64;

/** The median of the latest numbers. */
export class Median {
  readonly #latest: number[] = [];
  #added = 0;

  add(number: number): void {
    this.#latest[this.#added++ % KEPT] = number;
  }

  /** @returns undefined while fewer than `enough` numbers (at most 64) are known */
  value(enough: number): number | undefined {
    if (this.#latest.length < enough) return undefined;
    return this.#latest.toSorted((a, b) => a - b)[this.#latest.length >> 1];
  }
}
