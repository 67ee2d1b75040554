import type { Tile } from '@tessera/matrix';
import type { OpenJob } from '../jobs/open-jobs.ts';

interface Kept {
  readonly tile: Tile;
  /** Seconds that reading it took, per byte. */
  readonly dear: number;
  /** What it is worth to keep: the one that is worth least goes first. */
  worth: number;
}

/**
 * Operand pieces that a worker keeps for its next packages of a job, within a budget of bytes that the plan sets: blocks
 * that follow each other share rows of A or columns of B.
 *
 * What goes first is decided by GreedyDual-Size (Cao, Irani, "Cost-aware WWW proxy caching algorithms", USITS 1997): a
 * piece is worth the time per byte that reading it took, on top of a level that rises to the worth of whatever was thrown
 * out last; so pieces that were dear to read stay longer than cheap ones, but none stays for ever unused.
 * Kept tiles belong to everyone: nobody may write into one.
 */
export class TileCache {
  readonly #kept = new Map<string, Kept>();
  readonly #underWay = new Map<string, Promise<Tile>>();
  #bytes = 0;
  #level = 0;

  /** Bytes that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  /**
   * The tile of that key, kept, under way or read now.
   * @param budgetBytes what may be kept from now on, this tile included
   * @param read how to read it where it is not there
   * @param now milliseconds, to tell how dear reading was
   * @returns the tile, and whether somebody else read it
   */
  async get(
    key: string,
    budgetBytes: number,
    read: () => Promise<Tile>,
    now: () => number,
  ): Promise<{ tile: Tile; reused: boolean }> {
    const kept = this.#kept.get(key);
    if (kept) {
      kept.worth = this.#level + kept.dear;
      return { tile: kept.tile, reused: true };
    }
    const underWay = this.#underWay.get(key);
    if (underWay) return { tile: await underWay, reused: true };
    const startedAt = now();
    const reading = read();
    this.#underWay.set(key, reading);
    try {
      const tile = await reading;
      this.#keep(key, tile, (now() - startedAt) / 1000, budgetBytes);
      return { tile, reused: false };
    } finally {
      this.#underWay.delete(key);
    }
  }

  #keep(key: string, tile: Tile, seconds: number, budgetBytes: number): void {
    const bytes = tile.data.byteLength;
    if (bytes > budgetBytes) return;
    while (this.#bytes + bytes > budgetBytes) this.#throwOut();
    const dear = seconds / bytes;
    this.#kept.set(key, { tile, dear, worth: this.#level + dear });
    this.#bytes += bytes;
  }

  #throwOut(): void {
    let least: [string, Kept] | undefined;
    for (const entry of this.#kept) if (!least || entry[1].worth < least[1].worth) least = entry;
    const [key, { tile, worth }] = least!;
    this.#kept.delete(key);
    this.#bytes -= tile.data.byteLength;
    this.#level = worth;
  }
}

/** One cache per worker, for the job that it works on: that of another job makes room for it. */
const caches = new WeakMap<object, { readonly job: OpenJob; readonly cache: TileCache }>();

/** The cache of a worker for a job. @param worker what there is one of in each worker */
export function cacheOf(worker: object, job: OpenJob): TileCache {
  const held = caches.get(worker);
  if (held?.job === job) return held.cache;
  const cache = new TileCache();
  caches.set(worker, { job, cache });
  return cache;
}

/** Forgets what a worker kept. */
export function dropCache(worker: object): void {
  caches.delete(worker);
}
