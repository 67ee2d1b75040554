import { fillGaussian } from '@tessera/matrix';
import type { CheckVectors } from '@tessera/protocol';

/** The elements [from, from + count) of every round's vector, one array each. */
export function checkVectors({ seed, rounds }: CheckVectors, from: number, count: number): Float64Array[] {
  return Array.from({ length: rounds }, (_, round) => {
    const vector = new Float64Array(count);
    fillGaussian(BigInt(seed), round, vector, from);
    return vector;
  });
}
