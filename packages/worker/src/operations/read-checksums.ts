import { checkedReads, type CheckedReads, type MatrixArray } from '@tessera/matrix';
import { CHECKSUMS_IN_RESULT, type ArrayDeclaration, type Checksums } from '@tessera/protocol';

/** What a certificate has hashes of; other arrays are the job's own, on its way. */
const CERTIFIED: ReadonlySet<string> = new Set(['A', 'B', 'C0', 'C']);

/** The checksums of the chunks that a check reads, so that a certificate can say what exactly was checked. */
export class ReadChecksums {
  readonly #most: number;
  #count = 0;
  readonly #reads = new Map<string, CheckedReads>();
  /** By array, and by number of the chunk, as the job's manifest cuts the array. */
  readonly found = new Map<string, Map<number, number>>();

  /** @param most chunks that are noted; where there are more, `all` has none */
  constructor(most = CHECKSUMS_IN_RESULT) {
    this.#most = most;
  }

  /** How to read an array of the job, so that its chunks are noted; undefined for one that no certificate tells of. */
  reads(name: string, { chunk, hashChunk = chunk }: ArrayDeclaration, array: MatrixArray): CheckedReads | undefined {
    if (!CERTIFIED.has(name)) return undefined;
    let reads = this.#reads.get(name);
    if (!reads) {
      reads = checkedReads(array, hashChunk, this.#noting(name));
      this.#reads.set(name, reads);
    }
    return reads;
  }

  /** All of them as a result carries them; none where they are more than fit. */
  get all(): Checksums[] {
    if (this.#count > this.#most) return [];
    return [...this.found].flatMap(([array, found]) =>
      runsOf(
        array,
        [...found].toSorted(([a], [b]) => a - b),
      ),
    );
  }

  #noting(name: string): (index: number, crc32c: number) => void {
    const found = new Map<number, number>();
    this.found.set(name, found);
    return (index, crc32c) => {
      if (!found.has(index) && ++this.#count > this.#most) return;
      found.set(index, crc32c);
    };
  }
}

/** Chunks that follow each other share an entry. */
function runsOf(array: string, sorted: readonly (readonly [number, number])[]): Checksums[] {
  const runs: Checksums[] = [];
  for (let start = 0, end = 0; start < sorted.length; start = end) {
    const first = sorted[start]![0];
    do end++;
    while (end < sorted.length && sorted[end]![0] === first + end - start);
    const bytes = Buffer.alloc(4 * (end - start));
    for (let at = start; at < end; at++) bytes.writeUInt32LE(sorted[at]![1], 4 * (at - start));
    runs.push({ array, first, crc32c: bytes.toString('base64') });
  }
  return runs;
}
