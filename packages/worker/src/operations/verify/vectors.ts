import { fillGaussian } from '@tessera/matrix';
import type { CheckVectors } from '@tessera/protocol';

/** Elements that are kept: strips of a band ask for the same ones again and again, and a Gaussian costs some 50 ns. */
const MOST_KEPT = 1 << 18;

/** The random vectors of a check, made as they are needed. */
export class GaussianVectors {
  readonly #seed: bigint;
  readonly #rounds: number;
  readonly #kept = new Map<string, readonly Float64Array[]>();
  #elements = 0;

  constructor({ seed, rounds }: CheckVectors) {
    this.#seed = BigInt(seed);
    this.#rounds = rounds;
  }

  /** The elements [from, from + count) of every round's vector, one array each. Nobody may write into them. */
  part(from: number, count: number): readonly Float64Array[] {
    const key = `${from} ${count}`;
    const kept = this.#kept.get(key);
    if (kept) return kept;
    const made = Array.from({ length: this.#rounds }, (_, round) => {
      const vector = new Float64Array(count);
      fillGaussian(this.#seed, round, vector, from);
      return vector;
    });
    this.#elements += count * this.#rounds;
    if (this.#elements > MOST_KEPT) {
      this.#kept.clear();
      this.#elements = count * this.#rounds;
    }
    this.#kept.set(key, made);
    return made;
  }
}
