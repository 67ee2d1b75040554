import { lazyCollector, type Collect } from './collector.ts';
import { residentBytes } from './resident.ts';
import { SpareBuffers } from './spare-buffers.ts';

/** Bytes to be made before those made lately are collected, which takes 1 to 2 ms: used pages are cheaper than fresh ones. */
const MINOR_EVERY = 64 * 1024 * 1024;
/** Bytes to be made before everything is collected, where memory is tight: that takes 30 ms. */
const MAJOR_EVERY = 32 * 1024 * 1024;
/** Smaller buffers are not worth watching. */
const WATCHED_BYTES = 1024 * 1024;
/**
 * Buffers that are to be used again have multiples of this length, so that a tile and the chunk that stores it, longer by a
 * checksum, share them.
 */
const ROOM = 4096;
const LITTLE_MORE = 64;
/** What a process may reach until somebody sets a limit. */
const DEFAULT_LIMIT = 768 * 1024 * 1024;
/** Bytes that lie ready to be used again. */
const SPARE_BYTES = 64 * 1024 * 1024;

/** What a process's memory is looked at and freed with. */
export interface ProcessMemory {
  /** Bytes in use now: its own, and pages of files. */
  resident(): { readonly own: number; readonly files: number };
  readonly collect: Collect;
}

/**
 * The memory of tiles, and what keeps their process below a limit. Tiles are shared memory, which V8 does not count as its
 * own (it can't tell who else uses it), so nothing tells it that gigabytes of dropped tiles wait to be collected: 400 tiles
 * of 8 MiB, one after another, reach 2.3 GiB of resident memory. So whoever knows that a tile is used no more gives it back,
 * to be used again; and what was merely dropped is collected before the process takes more than it should.
 */
export class TileMemory {
  readonly #process: ProcessMemory;
  readonly #spare = new SpareBuffers(SPARE_BYTES);
  readonly #collected: FinalizationRegistry<number>;
  #limit = DEFAULT_LIMIT;
  /** Bytes in use before there were tiles, so far as is known. */
  #bare: { readonly own: number; readonly files: number } | undefined;
  /** Bytes of watched buffers that are in use, as far as anybody knows: it learns late of those that are not. */
  #held = 0;
  #sinceMinor = 0;
  #sinceMajor = MAJOR_EVERY;

  constructor(process: ProcessMemory) {
    this.#process = process;
    this.#collected = new FinalizationRegistry((bytes) => (this.#held -= bytes));
  }

  /** @param bytes what the process should stay below, all included */
  limit(bytes: number): void {
    this.#limit = bytes;
    this.#bare ??= this.#process.resident();
  }

  /** Shared memory, filled with zeros. */
  make(bytes: number): SharedArrayBuffer {
    this.#sinceMinor += bytes;
    this.#sinceMajor += bytes;
    if (this.#sinceMajor >= MAJOR_EVERY && this.#isTight(bytes)) this.#collect('major');
    else if (this.#sinceMinor >= MINOR_EVERY) this.#collect('minor');
    const buffer = new SharedArrayBuffer(bytes);
    if (bytes >= WATCHED_BYTES) {
      this.#held += bytes;
      this.#collected.register(buffer, bytes);
    }
    return buffer;
  }

  /** Shared memory of that length, or a little more, that holds anything: who takes it writes all of it. */
  take(bytes: number): SharedArrayBuffer {
    const roomy = bytes < WATCHED_BYTES ? bytes : Math.ceil((bytes + LITTLE_MORE) / ROOM) * ROOM;
    return this.#spare.take(bytes) ?? this.#spare.take(roomy) ?? this.make(roomy);
  }

  /** Takes back what `make` or `take` gave, to give it to others: nobody may use it any more. */
  giveBack(buffer: SharedArrayBuffer): void {
    if (buffer.byteLength >= WATCHED_BYTES) this.#spare.keep(buffer);
  }

  /** Pages become resident when they are written to, so what was taken just now counts too. */
  #isTight(bytes: number): boolean {
    const { own, files } = this.#bare ?? { own: 0, files: 0 };
    const used = Math.max(this.#process.resident().own, own + this.#held);
    // Of files the program's code counts; those that are mapped since the system takes back by itself.
    // As much as passes between two looks stays free, and as much again for what is no tile.
    return files + used + bytes + 2 * MAJOR_EVERY > this.#limit;
  }

  #collect(type: 'minor' | 'major'): void {
    this.#sinceMinor = 0;
    if (type === 'major') {
      this.#sinceMajor = 0;
      this.#spare.clear();
    }
    this.#process.collect(type);
  }
}

/** The memory of this process, which all its tiles share. */
export const tileMemory = new TileMemory({ resident: residentBytes, collect: lazyCollector() });
