import { bytesPerElement, type DType, type Shape } from '@tessera/protocol';
import {
  longestPackage,
  makespan,
  multiplyBytes,
  packageSeconds,
  reduceBytes,
  SECONDS_PER_OBJECT,
  type FleetModel,
} from '../plan/cost-model.ts';
import { cuts, type Cut } from '../plan/cut.ts';
import { PlanDoesNotFitError } from '../plan/errors.ts';
import { SMALL_WORKER_BYTES, summationOf, type Summation } from './summation.ts';

/** Elements of chunks to choose from, 8 MiB of float64 and less: small ones are many objects, but less is on its way at once. */
const CHUNK_ELEMENTS = [1 << 20, 1 << 18, 1 << 16];
/** How much longer a side of a chunk may be where it is a cell's, or a whole part of it. */
const CHUNK_SLACK = 1.11;
/** Beyond it nothing is gained by reading more of k at once, and checks are cut by these steps. */
const LONGEST_STEP = 16_384;
/** Of the plans that are about as fast as the fastest, the one that moves least. */
const ABOUT_AS_FAST = 1.08;
/** A split of k brings partial products to store and one more phase to wait for, so it has to save a fifth of all traffic. */
const SPLIT_WEIGHT = 1.25;
/** Packages per worker up to which smaller blocks than memory asks for are tried. */
const MOST_ROUNDS = 4;
/** How often cells are halved where small workers have no memory for one. */
const MOST_HALVINGS = 5;

/** A product C[m x n] = op(A)[m x k]·op(B)[k x n], as its planner sees it. */
export interface Product {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly dtype: DType;
  /** Chunks of operands that are stored already, as the operation takes them. */
  readonly stored: { readonly A?: Shape | undefined; readonly B?: Shape | undefined };
  /** Whether C0 is added. */
  readonly addend: boolean;
  /** Whether op(B) is op(A)ᵀ: then m = n, blocks are square, and those below the diagonal are mirror images. */
  readonly symmetric: boolean;
}

/** How a product is cut: chunk edges, and blocks of C in multiples of them, over ranges of k. All in elements. */
export interface MultiplyBlocks {
  readonly chunk: { readonly m: number; readonly n: number; readonly k: number };
  readonly block: { readonly rows: number; readonly cols: number };
  /** Blocks of C that are computed. */
  readonly count: number;
  readonly summation: Summation;
  /** Elements of k that are in memory at once: whole units, several of which are a range, or all. */
  readonly kStep: number;
  /** Packages that share a block: one for each range of k where their sums are stored, or one that adds them itself. */
  readonly splits: number;
  /** Elements of k that one package sums: a range, or all. */
  readonly kRange: number;
  readonly packages: number;
  /** See `BlockMemory`. */
  readonly alone: boolean;
  /** Elements read and written by the compute phase, and by the reduce phase. */
  readonly computeElements: { readonly read: number; readonly written: number };
  readonly reduceElements: { readonly read: number; readonly written: number };
  readonly computeSeconds: number;
  readonly reduceSeconds: number;
  /** Expected seconds of a package. */
  readonly packageSeconds: number;
  readonly peakBytes: number;
}

/** The blocks, and the least that any cut into at least one package per worker would move. */
export interface BlockChoice {
  readonly blocks: MultiplyBlocks;
  readonly least: Least;
}

interface Least {
  /** In elements. */
  readonly moved: number;
  readonly splits: number;
  readonly packageSeconds: number;
}

/**
 * Chooses the blocks of C: of all cuts of m and n into equal parts of whole cells, with the ranges of k in one package or in
 * one each, that fit a worker's memory, those that the cost model expects to end first; and of those within 8 % the one that
 * moves least. Moving least asks for large, square blocks; ending first asks for several equal packages per worker, and
 * for no last round in which most of them wait. Packages that should take longer than `longestPackage` are for
 * where there are no others.
 * @throws PlanDoesNotFitError when not even a block of one cell fits, however small the cells.
 */
export function chooseBlocks(product: Product, fleet: FleetModel): BlockChoice {
  const most = fleet.memoryBytes < SMALL_WORKER_BYTES ? MOST_HALVINGS : 0;
  let smallest = Infinity;
  for (let halvings = 0; halvings <= most; halvings++) {
    const search = new Search(product, summationOf(product, halvings), fleet);
    const choice = search.run();
    if (choice) return choice;
    smallest = Math.min(smallest, search.smallest);
  }
  const { m, n, k } = product;
  throw new PlanDoesNotFitError(`a block of the product of ${m}x${k} and ${k}x${n}`, smallest, fleet.memoryBytes);
}

class Search {
  readonly #product: Product;
  readonly #summation: Summation;
  readonly #fleet: FleetModel;
  /** What steps in k are multiples of. */
  #kUnit: number;
  /** Seconds that one worker would compute, and that a package should. */
  readonly #allSeconds: number;
  readonly #longest: number;
  #fastest = Infinity;
  #near: MultiplyBlocks[] = [];
  /** Whether those are plans whose packages take too long. */
  #areLong = true;
  #least: Least = { moved: Infinity, splits: 1, packageSeconds: 0 };
  /** Bytes of the smallest plan. */
  smallest = Infinity;
  /** The least blocks of C that fit memory so far. */
  #fewest = Infinity;

  constructor(product: Product, summation: Summation, fleet: FleetModel) {
    this.#product = product;
    this.#summation = summation;
    this.#kUnit = summation.kUnit;
    this.#fleet = fleet;
    const { m, n, k, symmetric } = product;
    this.#allSeconds = ((symmetric ? 1 : 2) * m * n * k) / fleet.flopsPerSecond;
    this.#longest = longestPackage(this.#allSeconds / fleet.workers);
  }

  /** @returns nothing where no block fits */
  run(): BlockChoice | undefined {
    const { stored } = this.#product;
    for (const elements of CHUNK_ELEMENTS) {
      for (const alone of [false, true]) this.#grids(elements, alone, true);
    }
    // Steps that are parts of stored chunks read these more than once: only where whole ones don't fit.
    if (!this.#best() && this.#kUnit !== this.#summation.cell.k) {
      this.#kUnit = this.#summation.cell.k;
      for (const alone of [false, true]) this.#grids(CHUNK_ELEMENTS[0]!, alone, true);
    }
    // Blocks that cut through stored chunks read some of them twice: only where nothing else feeds the fleet or fits.
    const best = this.#best();
    if ((stored.A ?? stored.B) && (best?.packages ?? 0) < 2 * this.#fleet.workers) {
      for (const alone of [false, true]) this.#grids(CHUNK_ELEMENTS[0]!, alone, false);
    }
    const blocks = this.#best();
    if (!blocks) return undefined;
    const own = leastOf(blocks);
    return { blocks, least: own.moved < this.#least.moved ? own : this.#least };
  }

  #best(): MultiplyBlocks | undefined {
    const near = this.#near.filter((blocks) => seconds(blocks) <= this.#fastest * ABOUT_AS_FAST);
    const weight = (blocks: MultiplyBlocks) => moved(blocks) * (blocks.splits > 1 ? SPLIT_WEIGHT : 1);
    return near.toSorted((a, b) => weight(a) - weight(b) || seconds(a) - seconds(b))[0];
  }

  #grids(chunkElements: number, alone: boolean, aligned: boolean): void {
    const { m, n, stored, symmetric } = this.#product;
    const { cell } = this.#summation;
    const kUnit = this.#kUnit;
    const edge = Math.floor(Math.sqrt(chunkElements));
    // Thin matrices have long chunks.
    const targetM = Math.max(edge, Math.floor(chunkElements / Math.max(Math.min(n, edge), kUnit)));
    const targetN = Math.max(edge, Math.floor(chunkElements / Math.max(Math.min(m, edge), kUnit)));
    const unitM = aligned ? wholeChunks(cell.rows, stored.A?.[0], m) : cell.rows;
    const unitN = aligned ? wholeChunks(cell.cols, stored.B?.[1], n) : cell.cols;
    for (const rows of cuts(m, CHUNK_SLACK * (symmetric ? edge : targetM), unitM)) {
      if (rows.parts > this.#most()) break;
      for (const cols of symmetric ? [rows] : cuts(n, CHUNK_SLACK * targetN, unitN)) {
        const count = symmetric ? (rows.parts * (rows.parts + 1)) / 2 : rows.parts * cols.parts;
        if (count > this.#most()) break;
        const { ranges } = this.#summation;
        for (const splits of ranges === 1 ? [1] : [1, ranges])
          this.#consider(rows, cols, count, splits, chunkElements, alone);
      }
    }
  }

  /** Blocks of C beyond which there is nothing to gain: several for each worker, or twice what memory asks for, or time. */
  #most(): number {
    return Math.max(2 * MOST_ROUNDS * this.#fleet.workers, 2 * this.#fewest, (2 * this.#allSeconds) / this.#longest);
  }

  #consider(rows: Cut, cols: Cut, count: number, splits: number, chunkElements: number, alone: boolean): void {
    const { m, n, k, dtype, stored, addend, symmetric } = this.#product;
    const fleet = this.#fleet;
    const { ranges } = this.#summation;
    const side = Math.max(rows.chunk, cols.chunk, Math.min(Math.sqrt(chunkElements), Math.max(m, n)));
    const kStep = stepOf({ ...this.#summation, kUnit: this.#kUnit }, (CHUNK_SLACK * chunkElements) / side);
    const kRange = splits === 1 ? k : this.#summation.kRange;
    const storedK = Math.max(stored.A?.[1] ?? 0, stored.B?.[0] ?? 0);
    const block = { rows: rows.length, cols: cols.length };
    const chunkOfA = stored.A ? stored.A[0] * stored.A[1] : rows.chunk * kStep;
    const chunkOfB = stored.B ? stored.B[0] * stored.B[1] : kStep * cols.chunk;
    const blockBytes = multiplyBytes({
      ...block,
      kStep,
      dtype,
      chunkElements: [chunkOfA, chunkOfB, rows.chunk * cols.chunk],
      alone,
      folds: splits < ranges,
    });
    const peakBytes = splits === 1 ? blockBytes : Math.max(blockBytes, reduceBytes(rows.chunk * cols.chunk, dtype));
    this.smallest = Math.min(this.smallest, peakBytes);
    if (peakBytes > fleet.memoryBytes) return;
    this.#fewest = Math.min(this.#fewest, count);

    const packages = count * splits;
    const excessA = excess(rows.length, stored.A?.[0], m);
    const excessB = excess(cols.length, stored.B?.[1], n);
    const excessK = excess(kStep, storedK === 0 ? undefined : storedK, k);
    // A symmetric product's blocks on the diagonal need one band of the operand, the others two.
    const bands = symmetric
      ? (2 * count - rows.parts) * rows.length * excessA
      : cols.parts * m * excessA + rows.parts * n * excessB;
    const partials = splits === 1 ? 0 : (symmetric ? (m * (m + rows.length)) / 2 : m * n) * splits;
    const computeElements = {
      read: bands * k * excessK + (addend ? m * n : 0),
      written: splits === 1 ? m * n : partials,
    };
    const reduceElements = splits === 1 ? { read: 0, written: 0 } : { read: partials, written: m * n };

    const bytes = bytesPerElement(dtype);
    const flops = 2 * block.rows * block.cols * kRange;
    const readBytes =
      ((block.rows * excessA + block.cols * excessB) * excessK * kRange + (addend ? block.rows * block.cols : 0)) *
      bytes;
    const writtenBytes = block.rows * block.cols * bytes;
    const objects =
      (rows.length / rows.chunk + cols.length / cols.chunk) * (kRange / kStep) +
      (rows.length / rows.chunk) * (cols.length / cols.chunk);
    const writeSeconds = writtenBytes / fleet.bytesPerSecond;
    const readSeconds = readBytes / fleet.bytesPerSecond + objects * SECONDS_PER_OBJECT;
    const computing = flops / fleet.flopsPerSecond;
    const each = alone
      ? packageSeconds(computing, readSeconds, fleet) + writeSeconds
      : packageSeconds(computing, readSeconds + writeSeconds, fleet);
    const reduceBytesMoved = (reduceElements.read + reduceElements.written) * bytes;
    this.#take({
      chunk: { m: rows.chunk, n: cols.chunk, k: kStep },
      block,
      count,
      summation: this.#summation,
      kStep,
      splits,
      kRange,
      packages,
      alone,
      computeElements,
      reduceElements,
      computeSeconds: makespan(packages, each, fleet.workers),
      packageSeconds: each,
      // An array per part is made first, and every part of a chunk is an object of its own.
      reduceSeconds:
        splits === 1
          ? 0
          : reduceBytesMoved / (fleet.bytesPerSecond * Math.min(fleet.workers, reducers(rows, cols))) +
            fleet.secondsPerPackage +
            splits * SECONDS_PER_OBJECT,
      peakBytes,
    });
  }

  #take(candidate: MultiplyBlocks): void {
    const time = seconds(candidate);
    if (candidate.packages >= this.#fleet.workers && moved(candidate) < this.#least.moved)
      this.#least = leastOf(candidate);
    const isLong = candidate.packageSeconds > this.#longest;
    if (isLong && !this.#areLong) return;
    if (this.#areLong && !isLong) {
      this.#areLong = false;
      this.#fastest = Infinity;
      this.#near = [];
    }
    if (time > this.#fastest * ABOUT_AS_FAST) return;
    this.#fastest = Math.min(this.#fastest, time);
    this.#near.push(candidate);
  }
}

function leastOf(blocks: MultiplyBlocks): Least {
  return { moved: moved(blocks), splits: blocks.splits, packageSeconds: blocks.packageSeconds };
}

function moved({ computeElements, reduceElements }: MultiplyBlocks): number {
  return computeElements.read + computeElements.written + reduceElements.read + reduceElements.written;
}

function seconds({ computeSeconds, reduceSeconds }: MultiplyBlocks): number {
  return computeSeconds + reduceSeconds;
}

/** The longest step of whole units that is about as long as chunks allow, and of which a range is so many. */
function stepOf({ kUnit, kRange, ranges }: Summation, longest: number): number {
  const units = Math.ceil(kRange / kUnit);
  const most = Math.max(1, Math.floor(Math.min(LONGEST_STEP, longest) / kUnit));
  if (ranges === 1) return Math.min(kRange, Math.ceil(units / Math.ceil(units / most)) * kUnit);
  let step = Math.min(most, units);
  while (units % step !== 0) step--;
  return step * kUnit;
}

/** Whole cells and whole stored chunks at once, where there is such a length. */
function wholeChunks(cell: number, chunk: number | undefined, size: number): number {
  return chunk !== undefined && chunk < size && chunk % cell === 0 ? chunk : cell;
}

/** By how much more is read than wanted when lengths cut through stored chunks. */
function excess(length: number, chunk: number | undefined, size: number): number {
  if (chunk === undefined || length % chunk === 0 || length === size) return 1;
  const touched = chunk % length === 0 ? chunk : (Math.ceil(length / chunk) + 1) * chunk;
  return Math.min(size, touched) / length;
}

/** Packages that sum partial products: one for each chunk of C at most. */
function reducers(rows: Cut, cols: Cut): number {
  return rows.parts * cols.parts * (rows.length / rows.chunk) * (cols.length / cols.chunk);
}

/** Whether a package adds the sums of several ranges of k itself. */
export function folds({ splits, summation }: Pick<MultiplyBlocks, 'splits' | 'summation'>): boolean {
  return splits < summation.ranges;
}

/** The shape of one chunk of each matrix, as the operation takes it. */
export function chunkShapes({ chunk }: MultiplyBlocks): { A: Shape; B: Shape; C: Shape } {
  return { A: [chunk.m, chunk.k], B: [chunk.k, chunk.n], C: [chunk.m, chunk.n] };
}
