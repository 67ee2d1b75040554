import type { Store } from '@tessera/matrix';
import { InjectedError } from './faults.ts';
import type { SimProcess, World } from './process.ts';

/** Who places what is there before a job begins; what it stores stays whole. */
export const SET_UP = 'set-up';

/** One stored value, and what a check wants to know of it. */
export interface StoredObject {
  bytes: Uint8Array;
  /** What was written, whatever happened to it since. */
  readonly written: Uint8Array;
  /** When its bits went wrong or it vanished, and when somebody last read it whole. */
  damagedAt: number;
  readWholeAt: number;
  gone: boolean;
}

export interface ObjectsWatch {
  /** @param before what the key held, if anything */
  written?(key: string, bytes: Uint8Array, before: Uint8Array | undefined, by: SimProcess): void;
  /** A value rots, goes, or is read wrongly. */
  damaged?(key: string): void;
}

/** A bucket: values written whole, read by anyone, on disks that fill up and rot. Chunks alone (`c/`) are damaged. */
export class SimObjects {
  readonly stored = new Map<string, StoredObject>();
  /** The chunk that kills whoever stores it. */
  poison: string | undefined;
  readonly #world: World;
  readonly #startedAt: number;
  readonly #watch: ObjectsWatch;

  constructor(world: World, watch: ObjectsWatch) {
    this.#world = world;
    this.#watch = watch;
    this.#startedAt = world.time.now;
  }

  keys(prefix: string): string[] {
    return [...this.stored].filter(([key, value]) => !value.gone && key.startsWith(prefix)).map(([key]) => key);
  }

  /** How one process sees the bucket. */
  storeFor(process: SimProcess): Store {
    const find = (key: string) => {
      const value = this.stored.get(key);
      return value?.gone ? undefined : value;
    };
    const { keys } = this;
    const listed = keys.bind(this);
    const set: Store['set'] = async (key, bytes, options) => {
      const whole = joined(bytes);
      if (key === this.poison && process.id.startsWith('i-')) {
        this.#world.counts.add('poison');
        process.crash(`of ${key}`);
      }
      await process.call(`set ${key}`, () => this.#write(key, whole, process), options?.signal);
    };
    return {
      get: (key, options) => process.call(`get ${key}`, () => this.#read(key), options?.signal),
      getRange: (key, offset, length, options) =>
        process.call(
          `get ${key} from ${offset}`,
          () => find(key)?.bytes.slice(offset, offset + length),
          options?.signal,
        ),
      set,
      async setFrom(key, pieces, options) {
        const copies: Uint8Array[] = [];
        for await (const piece of pieces) copies.push(piece.slice());
        await set(key, copies, options);
      },
      has: (key, options) => process.call(`has ${key}`, () => find(key) !== undefined, options?.signal),
      size: (key, options) => process.call(`size ${key}`, () => find(key)?.bytes.byteLength, options?.signal),
      async *list(prefix, options) {
        const keys = await process.call(
          `list ${prefix}`,
          () => listed(prefix === '' ? '' : `${prefix}/`),
          options?.signal,
        );
        for (const key of keys) yield { key, size: find(key)?.bytes.byteLength ?? 0 };
      },
      delete: (key, options) => process.call(`delete ${key}`, () => void this.stored.delete(key), options?.signal),
      deleteAll: (prefix, options) =>
        process.call(
          `delete all of ${prefix}`,
          () => {
            for (const key of listed(prefix === '' ? '' : `${prefix}/`)) this.stored.delete(key);
          },
          options?.signal,
        ),
    };
  }

  #read(key: string): Uint8Array | undefined {
    const value = this.stored.get(key);
    if (!value || value.gone) return undefined;
    const { chance, counts, faults, time, calm } = this.#world;
    if (isChunk(key)) {
      if (!calm && chance.happens(faults.rates.readFlip)) {
        counts.add('readFlip');
        this.#watch.damaged?.(key);
        return flipped(value.bytes, chance.next());
      }
      if (value.damagedAt === -Infinity) value.readWholeAt = time.now;
    }
    return new Uint8Array(value.bytes);
  }

  #write(key: string, bytes: Uint8Array, by: SimProcess): void {
    const { chance, counts, faults, time, calm } = this.#world;
    if ((isChunk(key) || key.includes('.csv/')) && faults.fullDisk) {
      const at = time.now - this.#startedAt;
      if (at >= faults.fullDisk.from && at < faults.fullDisk.until) {
        counts.add('fullDisk');
        throw new InjectedError('Error', { code: 'ENOSPC' });
      }
    }
    this.#watch.written?.(key, bytes, this.stored.get(key)?.written, by);
    const readWholeAt = this.stored.get(key)?.readWholeAt ?? -Infinity;
    const value: StoredObject = { bytes, written: bytes, damagedAt: -Infinity, readWholeAt, gone: false };
    this.stored.set(key, value);
    if (calm || !isChunk(key) || by.id === SET_UP) return;
    if (chance.happens(faults.rates.bitFlip))
      this.#damage(key, value, () => (value.bytes = flipped(bytes, chance.next())), 'bitFlip');
    else if (chance.happens(faults.rates.vanished)) this.#damage(key, value, () => (value.gone = true), 'vanished');
  }

  #damage(key: string, value: StoredObject, damage: () => void, kind: 'bitFlip' | 'vanished'): void {
    const { chance, counts, time } = this.#world;
    counts.add(kind);
    time.after(chance.happens(0.5) ? 0 : chance.magnitude(1, 10_000), () => {
      damage();
      this.#watch.damaged?.(key);
      value.damagedAt = time.now;
    });
  }
}

function isChunk(key: string): boolean {
  return key.includes('/c/');
}

function flipped(bytes: Uint8Array, where: number): Uint8Array {
  const copy = new Uint8Array(bytes);
  const bit = Math.floor(where * bytes.byteLength * 8);
  copy[bit >> 3]! ^= 1 << (bit & 7);
  return copy;
}

function joined(bytes: Uint8Array | readonly Uint8Array[]): Uint8Array {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
