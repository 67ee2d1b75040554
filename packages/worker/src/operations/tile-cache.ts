import { recycle, type Tile } from '@tessera/matrix';
import type { OpenJob } from '../jobs/open-jobs.ts';

/** A tile that others may use too: nobody may write into it, and nobody may look at it after its release. */
export interface HeldTile {
  readonly tile: Tile;
  /** To be called once by whoever was given the tile. */
  release(): void;
}

interface Entry {
  readonly reading: Promise<Tile>;
  /** Who holds it now. */
  users: number;
  isKept: boolean;
  bytes: number;
  /** Seconds that reading it took, per byte. */
  dear: number;
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
  readonly #entries = new Map<string, Entry>();
  readonly #free: (tile: Tile) => void;
  #bytes = 0;
  #level = 0;

  /** @param free what becomes of a tile that is neither kept nor held any more */
  constructor(free: (tile: Tile) => void = recycle) {
    this.#free = free;
  }

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
  ): Promise<HeldTile & { reused: boolean }> {
    let entry = this.#entries.get(key);
    const reused = entry !== undefined;
    if (entry) {
      entry.worth = this.#level + entry.dear;
      entry.users++;
    } else {
      const startedAt = now();
      entry = { reading: read(), users: 1, isKept: false, bytes: 0, dear: 0, worth: 0 };
      this.#entries.set(key, entry);
      await this.#begin(key, entry, budgetBytes, () => now() - startedAt);
    }
    const held = entry;
    const tile = await held.reading;
    return { tile, reused, release: () => this.#release(held, tile) };
  }

  /** Forgets everything. */
  clear(): void {
    for (const key of this.#entries.keys()) this.#forget(key);
  }

  async #begin(key: string, entry: Entry, budgetBytes: number, milliseconds: () => number): Promise<void> {
    try {
      entry.bytes = (await entry.reading).data.byteLength;
    } catch (error) {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
      throw error;
    }
    if (this.#entries.get(key) !== entry) return;
    if (entry.bytes > budgetBytes) return void this.#entries.delete(key);
    while (this.#bytes + entry.bytes > budgetBytes) this.#throwOut();
    entry.dear = milliseconds() / 1000 / entry.bytes;
    entry.worth = this.#level + entry.dear;
    entry.isKept = true;
    this.#bytes += entry.bytes;
  }

  #throwOut(): void {
    let least: [string, Entry] | undefined;
    for (const found of this.#entries)
      if (found[1].isKept && (!least || found[1].worth < least[1].worth)) least = found;
    const [key, { worth }] = least!;
    this.#level = worth;
    this.#forget(key);
  }

  #forget(key: string): void {
    const entry = this.#entries.get(key)!;
    this.#entries.delete(key);
    if (!entry.isKept) return;
    entry.isKept = false;
    this.#bytes -= entry.bytes;
    if (entry.users === 0) void entry.reading.then(this.#free);
  }

  #release(entry: Entry, tile: Tile): void {
    if (--entry.users === 0 && !entry.isKept) this.#free(tile);
  }
}

/** One cache per worker, for the job that it works on: that of another job makes room for it. */
const caches = new WeakMap<object, { readonly job: OpenJob; readonly cache: TileCache }>();

/** The cache of a worker for a job. @param worker what there is one of in each worker */
export function cacheOf(worker: object, job: OpenJob): TileCache {
  const held = caches.get(worker);
  if (held?.job === job) return held.cache;
  held?.cache.clear();
  const cache = new TileCache();
  caches.set(worker, { job, cache });
  return cache;
}

/** Forgets what a worker kept. */
export function dropCache(worker: object): void {
  caches.get(worker)?.cache.clear();
  caches.delete(worker);
}
