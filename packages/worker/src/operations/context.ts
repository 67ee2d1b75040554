import {
  inlineToTile,
  recycle,
  scratchTile,
  tileToInline,
  type MappedTile,
  type MatrixArray,
  type Tile,
  type Traffic,
} from '@tessera/matrix';
import {
  bytesPerElement,
  type ArrayPiece,
  type CheckOutcome,
  type Checksums,
  type Clock,
  type DType,
  type InlineTile,
  type KernelUse,
  type PackageKind,
  type PackageOf,
  type TileSink,
  type TileSource,
} from '@tessera/protocol';
import type { OpenJob } from '../jobs/open-jobs.ts';
import type { Kernel } from '../kernels/index.ts';
import type { Turn } from '../loop/turn.ts';
import type { ReadChecksums } from './read-checksums.ts';
import { cacheOf, dropCache, type HeldTile } from './tile-cache.ts';

/** What a package's work has to show beside what it stored. */
export interface Outcome {
  readonly kernel?: KernelUse;
  readonly tile?: InlineTile;
  readonly check?: CheckOutcome;
  readonly checksums?: Checksums[];
  /** Bytes of operands that were in memory already. */
  readonly reusedBytes?: number;
}

/** A tile that belongs to others. Nobody may look at it once it was released. */
export interface Borrowed {
  readonly tile: Tile;
  /** The tile for the borrower to write into and to keep; undefined where it is the file's. */
  own(): Tile | undefined;
  release(): void;
}

/** How one kind of package is done. It may run twice, and at the same time on two workers: it writes the same bytes. */
export type Execute<K extends PackageKind> = (work: PackageOf<K>, context: PackageContext) => Promise<Outcome>;

/** Everything that one package's work may touch, and where its time and bytes are counted. */
export class PackageContext {
  readonly job: OpenJob;
  readonly signal: AbortSignal;
  readonly traffic: Traffic = { bytesRead: 0, bytesWritten: 0 };
  readonly seconds = { read: 0, compute: 0, write: 0 };
  /** Set where what is read of arrays is to be told by its checksums. */
  checksums: ReadChecksums | undefined;
  #reusedBytes = 0;
  /** Seconds before its turns came. */
  #waited = 0;
  readonly #clock: Clock;
  readonly #turn: Turn;
  readonly #kernel: (op: 'multiply' | 'add', dtype: DType) => Promise<Kernel>;

  constructor(options: {
    job: OpenJob;
    signal: AbortSignal;
    clock: Clock;
    turn: Turn;
    kernel: (op: 'multiply' | 'add', dtype: DType) => Promise<Kernel>;
  }) {
    this.job = options.job;
    this.signal = options.signal;
    this.#clock = options.clock;
    this.#turn = options.turn;
    this.#kernel = options.kernel;
  }

  /** The element type that the job computes in. */
  get dtype(): DType {
    return this.job.manifest.dtype;
  }

  /** The kernel for an operation in the job's element type, or in another. */
  kernel(op: 'multiply' | 'add', dtype: DType = this.dtype): Promise<Kernel> {
    return this.#kernel(op, dtype);
  }

  /** Reads a tile in the job's element type (or in another), from the message or from its array. */
  async read(source: TileSource, dtype: DType = this.dtype): Promise<Tile> {
    return this.#timed('read', async () => {
      if (source.kind === 'inline') return converted(inlineToTile(source), dtype);
      const array = await this.job.array(source);
      const tile = await this.#checked(source, array).read(source, { signal: this.signal, traffic: this.traffic });
      const wanted = converted(tile, dtype);
      if (wanted !== tile) recycle(tile);
      return wanted;
    });
  }

  /**
   * Reads a tile that later packages may need too, and keeps it for them within a budget.
   * @param budgetBytes what may be kept of the job's operands; 0 for nothing
   */
  async readKept(source: TileSource, budgetBytes: number): Promise<HeldTile> {
    if (source.kind === 'inline' || budgetBytes === 0) {
      const tile = await this.read(source);
      return { tile, release: () => recycle(tile) };
    }
    const { array, row, col, rows, cols } = source;
    const key = `${array} ${row},${col} ${rows}x${cols}`;
    const cache = cacheOf(this.#turn, this.job);
    const { tile, reused, release } = await cache.get(
      key,
      budgetBytes,
      () => this.read(source),
      () => this.#clock.now(),
    );
    if (reused) this.#reusedBytes += tile.data.byteLength;
    return { tile, release };
  }

  /**
   * A tile where it lies in its file, without a copy; `undefined` where that is not possible. Whoever takes it unmaps it.
   * @param mostBytes of address space that it may take
   */
  async map(source: TileSource, mostBytes: number, dtype: DType = this.dtype): Promise<MappedTile | undefined> {
    if (source.kind === 'inline') return undefined;
    const array = await this.job.array(source);
    if (array.dtype !== dtype || !array.map) return undefined;
    return this.#timed('read', async () =>
      this.#checked(source, array).map?.(source, mostBytes, { signal: this.signal, traffic: this.traffic }),
    );
  }

  /** Maps a tile whose rows lie together in a file: it takes no more memory than a copy. */
  mapWhole(source: TileSource, dtype: DType = this.dtype): Promise<MappedTile | undefined> {
    return this.map(source, source.rows * source.cols * bytesPerElement(dtype), dtype);
  }

  /** A tile to look at, not to write into: mapped where its rows lie together in a file, else a copy. */
  async borrow(source: TileSource, dtype: DType = this.dtype): Promise<Borrowed> {
    const mapped = await this.mapWhole(source, dtype);
    if (!mapped) return copied(await this.read(source, dtype));
    return { tile: mapped, own: () => undefined, release: () => mapped.unmap() };
  }

  /** Borrows several tiles for as long as `work` takes. */
  async borrowing<T>(sources: readonly TileSource[], work: (tiles: readonly Borrowed[]) => Promise<T>): Promise<T> {
    const all = await Promise.allSettled(sources.map((source) => this.borrow(source)));
    try {
      return await work(
        all.map((one) => {
          if (one.status === 'rejected') throw one.reason;
          return one.value;
        }),
      );
    } finally {
      for (const one of all) if (one.status === 'fulfilled') one.value.release();
    }
  }

  /** Forgets what was kept: memory that packages of another kind need. */
  dropKept(): void {
    dropCache(this.#turn);
  }

  /** What was taken from memory, for the result. */
  get reused(): Pick<Outcome, 'reusedBytes'> {
    return this.#reusedBytes === 0 ? {} : { reusedBytes: this.#reusedBytes };
  }

  /** Stores a tile where the package says; one that travels in the reply is returned. */
  async write(sink: TileSink, tile: Tile): Promise<Pick<Outcome, 'tile'>> {
    if (sink.kind === 'reply') return { tile: tileToInline(tile) as InlineTile };
    return this.#timed('write', async () => {
      const array = await this.job.array(sink);
      const stored = converted(tile, array.dtype);
      await array.write(sink, stored, { signal: this.signal, traffic: this.traffic });
      if (stored !== tile) recycle(stored);
      return {};
    });
  }

  /** Computes while nobody else in this worker does; waiting for the turn counts as nothing. */
  async compute<T>(work: () => Promise<T>): Promise<T> {
    return this.inTurn(() => this.#timed('compute', work));
  }

  /** Holds the worker's turn for more than one computation; within it, `computing` counts what the kernel does. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    const askedAt = this.#clock.now();
    return this.#turn.take(() => {
      this.#waited += (this.#clock.now() - askedAt) / 1000;
      return work();
    }, this.signal);
  }

  /** Computes in a turn that is held already, or what is over so soon that it waits for none. */
  async computing<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed('compute', work);
  }

  /** Counts time as writing, for outputs that are no arrays; what is computed meanwhile and waiting for the turn don't count. */
  async writing<T>(work: () => Promise<T>): Promise<T> {
    const before = this.seconds.compute + this.#waited;
    const startedAt = this.#clock.now();
    try {
      return await work();
    } finally {
      const others = this.seconds.compute + this.#waited - before;
      this.seconds.write += Math.max(0, (this.#clock.now() - startedAt) / 1000 - others);
    }
  }

  /**
   * Makes pieces of an output, each when it is asked for.
   * @param inOneTurn whether nobody else computes from the first to the last of them, what becomes of the last one excepted:
   *   right where storing is computing too, as on this machine's disk, and idle where it is waiting for others
   */
  making(pieces: Iterable<Uint8Array>, inOneTurn: boolean): AsyncGenerator<Uint8Array> {
    return inOneTurn ? this.#madeInOneTurn(pieces) : this.#made(pieces, (work) => this.compute(work));
  }

  async *#madeInOneTurn(pieces: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
    let end = (): void => undefined;
    const made = new Promise<void>((resolve) => (end = resolve));
    try {
      await new Promise<void>((begin, fail) => {
        this.inTurn(() => (begin(), made)).catch(fail);
      });
      yield* this.#made(pieces, (work) => this.computing(work));
    } finally {
      end();
    }
  }

  async *#made(
    pieces: Iterable<Uint8Array>,
    computed: <T>(work: () => Promise<T>) => Promise<T>,
  ): AsyncGenerator<Uint8Array> {
    const iterator = pieces[Symbol.iterator]();
    for (;;) {
      const { done, value } = await computed(async () => iterator.next());
      if (done) return;
      this.traffic.bytesWritten += value.byteLength;
      yield value;
    }
  }

  /** Counts time as reading, for inputs that are no arrays. */
  async reading<T>(work: () => Promise<T>): Promise<T> {
    return this.#timed('read', work);
  }

  /** An array, or its reads that are noted, where a check wants that. */
  #checked({ array: name }: ArrayPiece, array: MatrixArray): Pick<MatrixArray, 'read' | 'map'> {
    return this.checksums?.reads(name, this.job.manifest.arrays[name]!, array) ?? array;
  }

  async #timed<T>(phase: 'read' | 'compute' | 'write', work: () => Promise<T>): Promise<T> {
    const startedAt = this.#clock.now();
    try {
      return await work();
    } finally {
      this.seconds[phase] += (this.#clock.now() - startedAt) / 1000;
    }
  }
}

/** A tile that was read for this borrower alone. */
function copied(tile: Tile): Borrowed {
  let isLent = true;
  return {
    tile,
    own: () => {
      isLent = false;
      return tile;
    },
    release: () => {
      if (isLent) recycle(tile);
      isLent = false;
    },
  };
}

/** The same numbers in another element type; rounding to float32 is what the job asked for. */
function converted(tile: Tile, dtype: DType): Tile {
  if (tile.dtype === dtype) return tile;
  const other = scratchTile(dtype, tile.rows, tile.cols);
  other.data.set(tile.data);
  return other;
}
