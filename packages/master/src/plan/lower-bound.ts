/** Which of the bounds is the largest for a plan. */
export type BoundName = 'compulsory' | 'memory' | 'parallel';

/** Elements that no schedule of the kind that the bound speaks of moves less than, reads and writes together. */
export interface LowerBound {
  readonly name: BoundName;
  readonly elements: number;
}

/** What a bound is computed for: C[m x n] = op(A)[m x k]·op(B)[k x n], perhaps plus beta·C0. */
export interface BoundInput {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  /** Elements that fit in one worker's memory: all that its budget leaves for elements, whatever our schedule does with it. */
  readonly memoryElements: number;
  /** Workers that share the multiplications equally. */
  readonly workers: number;
  /** Whether C0 is read too. */
  readonly addend?: boolean;
}

/**
 * The largest lower bound on the elements that a classical product moves between the store and P workers that have no
 * other way to talk. Three hold, each for its own reason:
 *
 * - `compulsory`: every operand is read and C is written at least once: mk + kn + mn.
 * - `memory`: a memory of M elements multiplies at most so much between two transfers. f multiplications need at least
 *   2f/sqrt(M) - 2M transfers (Smith, Lowery, Langou, van de Geijn, "A tight I/O lower bound for matrix multiplication",
 *   arXiv:1702.02017); summed over P workers 2mnk/sqrt(M) - 2MP, however the work is shared out.
 * - `parallel`: see `sharedElements`; it holds for any memory, and for schedules that give every worker an equal share.
 */
export function productBound(input: BoundInput): LowerBound {
  const { m, n, k, workers, memoryElements } = input;
  const addend = input.addend ? m * n : 0;
  return largest([
    { name: 'compulsory', elements: m * k + k * n + m * n + addend },
    { name: 'memory', elements: (2 * m * n * k) / Math.sqrt(memoryElements) - 2 * memoryElements * workers + addend },
    { name: 'parallel', elements: sharedElements(m, n, k, workers) + addend },
  ]);
}

/**
 * The same for C = AᵀA with A[k x n], of which only n(n+1)/2 elements have to be computed. `memory` is n²k/sqrt(2M) - 2MP
 * (leading term: Beaumont, Eyraud-Dubois, Vérité, Langou, "I/O-optimal algorithms for symmetric linear algebra kernels",
 * SPAA 2022); `parallel` follows `sharedElements` with both operands' elements taken from the same set X of A, so that
 * F <= sqrt(x·x·z).
 */
export function gramBound({ n, k, workers, memoryElements }: Omit<BoundInput, 'm' | 'addend'>): LowerBound {
  const share = (n * (n + 1) * k) / 2 / workers;
  // The least x + 2z with x²z >= share², x >= share/n, z >= share/k.
  const leastX = share / n;
  const leastZ = share / k;
  const free = Math.max((4 * share ** 2) ** (1 / 3), leastX);
  const z = Math.max(share ** 2 / free ** 2, leastZ);
  const x = z > leastZ ? free : Math.max(share / Math.sqrt(z), leastX);
  return largest([
    { name: 'compulsory', elements: k * n + n * n },
    { name: 'memory', elements: (n * n * k) / Math.sqrt(2 * memoryElements) - 2 * memoryElements * workers },
    { name: 'parallel', elements: workers * (x + 2 * z) - n },
  ]);
}

/**
 * Elements moved by P workers that share a product equally and meet only through a store, whatever their memory.
 *
 * A worker that does F = mnk/P multiplications uses x elements of A, y of B and adds to z elements of C with
 * xyz >= F² (Loomis and Whitney, 1949), and x >= F/n, y >= F/m, z >= F/k, for an element of A meets at most n of B, and so
 * on. That is the memory-independent bound of Ballard, Demmel, Holtz, Lipshitz, Schwartz, "Strong scaling of matrix
 * multiplication algorithms and memory-independent communication lower bounds" (SPAA 2012), whose 3(mnk/P)^(2/3) is the
 * least x + y + z for near-cubic shares; the side conditions are those of Al Daas, Ballard, Grigori, Kumar, Rouse, "Tight
 * memory-independent parallel matrix multiplication communication lower bounds" (SPAA 2022).
 *
 * Here nothing is in a worker's memory at first, so all x + y are read. And where q workers add to one element of C, q - 1
 * of them write a partial sum that somebody reads, and one writes the element: 2q - 1. So all workers together move
 *
 *     P·min(x + y + 2z) - mn
 */
export function sharedElements(m: number, n: number, k: number, workers: number): number {
  const share = (m * n * k) / workers;
  // With w = 2z the three are alike: least x + y + w where x·y·w >= 2·share² and each is at least its own limit.
  const volume = 2 * share ** 2;
  const [first, second, third] = [share / n, share / m, (2 * share) / k].toSorted((a, b) => b - a) as [
    number,
    number,
    number,
  ];
  const cube = volume ** (1 / 3);
  if (first <= cube) return workers * 3 * cube - m * n;
  const square = Math.sqrt(volume / first);
  if (second <= square) return workers * (first + 2 * square) - m * n;
  return workers * (first + second + Math.max(third, volume / first / second)) - m * n;
}

function largest(bounds: readonly LowerBound[]): LowerBound {
  // A bound that only equals what is compulsory (up to rounding) says nothing of its own.
  return bounds.reduce((best, bound) => (bound.elements > best.elements * (1 + 1e-9) ? bound : best));
}
