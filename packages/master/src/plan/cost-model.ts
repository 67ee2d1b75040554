import { bytesPerElement, type DType, type KernelPreference } from '@tessera/protocol';

/**
 * What the planner believes of the fleet. Bytes and rates are per worker. The defaults are careful guesses, used until
 * measured rates are given; they decide between plans, never whether a job runs.
 */
export interface FleetModel {
  readonly workers: number;
  /** Budget of one worker process, all included. */
  readonly memoryBytes: number;
  /** Multiply rate, floating point operations per second. */
  readonly flopsPerSecond: number;
  /** Store traffic, bytes per second, reading and writing together. */
  readonly bytesPerSecond: number;
  /** Queue round trips, requests and bookkeeping of one package. */
  readonly secondsPerPackage: number;
}

/**
 * How long a package should take at most: one that is lost is lost whole, a spot instance is told two minutes before its
 * end, and a message may be kept from others for 12 hours. But short ones move more bytes; so where a thirtieth of the job is
 * longer than a quarter of an hour, a package may take so long, up to an hour.
 * @param jobSeconds on the whole fleet
 */
export function longestPackage(jobSeconds: number): number {
  return Math.min(LONGEST_PACKAGE.ever, Math.max(LONGEST_PACKAGE.usual, jobSeconds / 30));
}
const LONGEST_PACKAGE = { usual: 900, ever: 3600 } as const;
/** Opening one stored chunk: a file, or an object of a bucket with eight requests under way. */
export const SECONDS_PER_OBJECT = 0.001;
/** How much of the shorter of moving and computing is not hidden behind the longer: they share cores and memory. */
const NOT_HIDDEN = 0.5;
/** How much later than the average the last worker ends, in packages: what speaks for several packages rather than one. */
const UNEVENNESS = 0.25;

/*
 * The memory of a worker, in bytes. Everything that grows with a job is counted; what does not is the base. A plan whose
 * largest package needs more than the budget is refused before anything is sent.
 *
 *     base       Node, the SDK, compiled code, the kernel's packing panels, tiles that wait to be collected
 *   + transfers  8 chunks on their way per array that is read or written at once (packages/matrix: IN_FLIGHT)
 *   + tiles      what the package's kind needs, below
 *   + cache      operand pieces kept for the next package: what is left of the budget, where a plan says so
 *
 * Two packages are under way in a worker: one computes while the other fetches its first operands or stores its result.
 */

/**
 * What a worker holds beside the tiles that it needs: Node, the SDK, the codecs, the kernel's packing buffers (measured: 90
 * to 130 MiB), and tiles that were dropped and not yet collected (`TileMemory` in the worker: 64 MiB, and some of the
 * older ones).
 */
export const WORKER_BASE_BYTES = 256 * 1024 * 1024;
/** Chunks of one array that are read or written at once. */
const CHUNKS_IN_FLIGHT = 8;

/**
 * What a worker holds besides where a GPU was asked for: Dawn and the driver (measured on an H100: 100 MiB), and buffers that
 * both sides see, for operands and C (192 MiB at most: packages/worker: kernels/device-gemm.ts), and a fifth: with 288 MiB a
 * worker of 700 had 773.
 */
export const deviceBytes = (kernel: KernelPreference): number =>
  kernel === 'gpu' || kernel === 'wgsl' ? 352 * 1024 * 1024 : 0;

/** A block of C[rows x cols] as one package computes it. */
export interface BlockMemory {
  readonly rows: number;
  readonly cols: number;
  /** Elements of k that are in memory at once. */
  readonly kStep: number;
  readonly dtype: DType;
  /** Elements of the largest chunk of A, of B and of C. */
  readonly chunkElements: readonly [number, number, number];
  /** Whether a block is stored before the next is begun, so that one of them is in memory rather than two. */
  readonly alone: boolean;
  /** Whether the sums of later ranges of k are made beside the block that they are added to. */
  readonly folds: boolean;
}

/**
 * Bytes for blocks of a product:
 *
 *     2 pairs of operand pieces (in the kernel, and the next of the same block), and at the same time
 *     overlapping: 2 blocks of C (computed, being stored), or 1 and the first pair of the next package
 *     alone:       1 block of C and the first pair of the next package
 *     folds:       1 more block
 *
 * where a pair has (rows + cols)·kStep elements.
 */
export function multiplyBytes({ rows, cols, kStep, dtype, chunkElements, alone, folds }: BlockMemory): number {
  const block = rows * cols;
  const pair = (rows + cols) * kStep;
  const [a, b, c] = chunkElements;
  const transfers = inFlight(a, rows * kStep) + inFlight(b, kStep * cols) + inFlight(c, block);
  const first = 2 * pair + (folds ? 2 : 1) * block;
  return (
    WORKER_BASE_BYTES +
    (transfers + first) * bytesPerElement(dtype) +
    secondBlockBytes({ rows, cols, kStep, dtype, alone })
  );
}

/** Of these, what the second package of a worker needs: less than its first, which is the one that computes. */
export function secondBlockBytes({
  rows,
  cols,
  kStep,
  dtype,
  alone,
}: Pick<BlockMemory, 'rows' | 'cols' | 'kStep' | 'dtype' | 'alone'>): number {
  const pair = (rows + cols) * kStep;
  return (alone ? pair : Math.max(rows * cols, pair)) * bytesPerElement(dtype);
}

/** Bytes for blocks of a product whose operands are mapped: the block that is computed and the one that is stored. */
export function blockBytes({
  rows,
  cols,
  dtype,
  alone,
  folds,
}: Pick<BlockMemory, 'rows' | 'cols' | 'dtype' | 'alone' | 'folds'>): number {
  return WORKER_BASE_BYTES + ((alone ? 1 : 2) + (folds ? 1 : 0)) * rows * cols * bytesPerElement(dtype);
}

/** Elements on their way beside the piece they are for: so many chunks, but no more than there are. */
function inFlight(chunk: number, piece: number): number {
  return Math.max(chunk, Math.min(CHUNKS_IN_FLIGHT * chunk, piece));
}

/**
 * Bytes for element-wise packages of `elements` in chunks of `chunk` elements: two packages under way, each with A, B and
 * C (a check holds all three), and the chunks of each that are on their way.
 */
export function elementWiseBytes(elements: number, chunk: number, dtype: DType): number {
  const transfers = elements <= chunk ? 0 : inFlight(chunk, elements);
  return WORKER_BASE_BYTES + 2 * 3 * (elements + transfers) * bytesPerElement(dtype);
}

/** Bytes for packages that sum partial products: in each of two, the sum, the part being added and the next. */
export function reduceBytes(elements: number, dtype: DType): number {
  return elementWiseBytes(elements, elements, dtype);
}

/** Bytes for packages that make an operand: two of them, each with the tile and its chunks on their way. */
export function generateBytes(elements: number, dtype: DType): number {
  return WORKER_BASE_BYTES + 2 * 2 * elements * bytesPerElement(dtype);
}

/** Bytes for packages that parse text: two of them, each with its tile and its chunks on their way; text comes in pieces. */
export function ingestBytes(elements: number, chunk: number, dtype: DType): number {
  return WORKER_BASE_BYTES + 2 * (elements + inFlight(chunk, elements)) * bytesPerElement(dtype);
}

/**
 * Bytes for packages that write `rows` as text: two of them, each with its tile, the chunks that hold its rows on their way,
 * and a piece of text; where it is stored in a bucket, parts of its upload too (packages/matrix: stores/multipart.ts).
 */
export function exportBytes(rows: number, { shape: [, cols], chunk, dtype }: ExportedArray, workspace: string): number {
  const touched = Math.ceil(rows / chunk[0]) * Math.ceil(cols / chunk[1]);
  const transfers = Math.min(CHUNKS_IN_FLIGHT, touched) * chunk[0] * chunk[1];
  const whole = rows * cols * LONGEST_NUMBER;
  const piece = Math.min(whole, Math.max(ELEMENTS_AS_TEXT, cols) * LONGEST_NUMBER);
  const parts = workspace.startsWith('s3:') ? Math.min(whole, PARTS_IN_FLIGHT * PART_BYTES) : 0;
  return WORKER_BASE_BYTES + 2 * ((rows * cols + transfers) * bytesPerElement(dtype) + piece + parts);
}
interface ExportedArray {
  readonly shape: readonly [number, number];
  readonly chunk: readonly [number, number];
  readonly dtype: DType;
}
/** Characters of the longest number and its separator (packages/matrix: csv/format.ts). */
const LONGEST_NUMBER = 26;
/** Elements whose text is made at once, a row at least (there too). */
const ELEMENTS_AS_TEXT = 1 << 16;
/** Parts of an upload: four on their way, one that is put together and what it is put together of. */
const PARTS_IN_FLIGHT = 6;
const PART_BYTES = 8 * 1024 * 1024;

/**
 * Bytes for the checks of a product: two packages, each with what it needs of Y (k x cols, float64), its rows' sums, and two
 * strips of 4 MiB.
 */
export function productCheckBytes(k: number, rows: number, cols: number): number {
  return WORKER_BASE_BYTES + 2 * ((k + rows) * cols * 8 + 2 * STRIP_BYTES);
}

/**
 * Bytes of one package of a check's first half, whatever its worker does beside it: `k` rows of Y (`cols` numbers of float64
 * each), as many numbers for each of `n` columns, and two strips of at least a chunk (`chunk` elements) each.
 */
export function projectBytes(k: number, n: number, cols: number, chunk: number): number {
  return (k + n) * cols * 8 + 2 * Math.max(STRIP_BYTES, 8 * chunk);
}

/**
 * Bytes of one package of the second half, whatever its worker does beside it: `k` rows of Y, as stored and by columns, sums of
 * `rows` and what they are compared with, `n` numbers for each round, and two strips of at least a chunk each.
 */
export function compareBytes(k: number, rows: number, n: number, cols: number, chunk: number): number {
  return (2 * k + 2 * rows + n) * cols * 8 + 2 * Math.max(STRIP_BYTES, 8 * chunk);
}
const STRIP_BYTES = 4 * 1024 * 1024;

/** Seconds of one package that computes for so long and moves for so long, most of the shorter behind the longer. */
export function packageSeconds(computeSeconds: number, moveSeconds: number, fleet: FleetModel): number {
  const [shorter, longer] =
    computeSeconds < moveSeconds ? [computeSeconds, moveSeconds] : [moveSeconds, computeSeconds];
  return longer + NOT_HIDDEN * shorter + fleet.secondsPerPackage;
}

/** Wall seconds of equal packages on the fleet: rounds of one package each per worker, and what the last worker is late. */
export function makespan(packages: number, secondsEach: number, workers: number): number {
  return (Math.ceil(packages / workers) + UNEVENNESS) * secondsEach;
}

/** Wall seconds of a phase that only moves bytes, spread over its packages. */
export function movingSeconds(packages: number, bytes: number, fleet: FleetModel): number {
  if (packages === 0) return 0;
  return makespan(packages, bytes / packages / fleet.bytesPerSecond + fleet.secondsPerPackage, fleet.workers);
}
