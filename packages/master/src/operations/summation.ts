import { evenChunk } from '@tessera/matrix';
import { bytesPerElement } from '@tessera/protocol';
import type { Product } from './multiply-blocks.ts';

/**
 * How every element of a product is summed, and where the calls that compute it begin and end, and with that every bit of C,
 * for one kernel. It follows from the shapes (of the matrices, and of chunks that are stored already), and of the fleet from
 * nothing but whether its workers are small (`SMALL_WORKER_BYTES`). In elements.
 */
export interface Summation {
  /** C is computed in cells of so many rows and columns, from its first element on, and over so much of k at once. */
  readonly cell: { readonly rows: number; readonly cols: number; readonly k: number };
  /** What is best read of operands at once is a multiple of this: `cell.k`, or that of the chunks stored already. */
  readonly kUnit: number;
  /** Elements of k that are summed from zero, whole units; the sums of all ranges are added in their order. */
  readonly kRange: number;
  readonly ranges: number;
}

/**
 * Bytes of a cell, about, and its columns: sides are cut into a power of two, so that blocks can be halved and halved again.
 * OpenBLAS packs both operands of a call anew: beside blocks of 2000x2000, cells of 500x2000 cost 4 % in float64 (3 % with
 * the kernels for AVX2), 1000x2000 in float32 3.5 %, half of that twice as much. Larger ones leave more workers idle.
 */
const CELL_BYTES = 8 * 1024 * 1024;
/** Elements of a side of a cell over all of a call, at most about: a worker holds two of them, and two more. */
const SIDE_ELEMENTS = 1 << 21;
const CELL_COLS = 2048;
/** Cells along each side at least, but for short ones: so many workers share C. */
const LEAST_CELLS = { rows: 8, cols: 2 } as const;
/** Sides up to which C is not cut along them; the other is then cut for both. */
const SHORT_SIDE = 512;
const SHORTEST_SIDE = 64;
/** A cell's sides can be cut into so many parts, which chunks of C may have to be. */
const PARTS_OF_CELL = 4;
/** Multiply-adds of a call for which C is not cut at all: about a millisecond. */
const SMALL_CALL = 1 << 22;

/** Elements of an operand's side of a cell. */
const CALL_ELEMENTS = 1 << 19;
/** Longest and shortest sum of a call: beyond it a kernel gains nothing, below it C is passed over too often. */
const LONGEST_CALL = 16_384;
const SHORTEST_CALL = 128;

/** Calls of a range at least: each may be a package, and a partial product to store. */
const RANGE_CALLS = 4;
const MANY_UNITS = 8;
/** Times that a range is longer than C is wide at least (the root of its elements), so that partial products are few. */
const RANGE_SIDES = 4;
/** Elements of k that keep a worker busy for long enough, whatever C is, where there are so many of them. */
const LONG_RANGE = 32_768;
const MANY_RANGES = 4;
/** Partial products of a block of C at most: a reduce package reads them all. */
const MOST_RANGES = 256;
/** How often a stored chunk may be as long as a cell should be, to be one as it is where no part of it is whole. */
const LONG_CHUNK = 4;

/**
 * Workers with less have smaller cells where they have no room for whole ones, and so other bits. No other has: the memory of
 * workers on one machine follows from their number, but is never less than this unless somebody says so.
 */
export const SMALL_WORKER_BYTES = 512 * 1024 * 1024;

/**
 * @param halvings how often cells are halved, for small workers
 */
export function summationOf(product: Product, halvings = 0): Summation {
  const { m, n, k, stored } = product;
  const storedK = Math.min(k, Math.max(stored.A?.[1] ?? 0, stored.B?.[0] ?? 0));
  const callK = callOf(product, storedK, halvings);
  const kUnit = storedK % callK === 0 && storedK > 0 && storedK <= LONGEST_CALL ? storedK : callK;
  const wanted = rangesOf(product, RANGE_CALLS * callK);
  const units = Math.ceil(k / kUnit / wanted);
  // Many are an even number, so that two can be read at once.
  const kRange = Math.min(k, (units < MANY_UNITS ? units : 2 * Math.ceil(units / 2)) * kUnit);
  const target = m * n * callK <= SMALL_CALL ? { rows: m, cols: n } : cellTarget(product, callK);
  const side = (size: number, whole: number, chunk: number | undefined) =>
    sideOf(size, halvings === 0 ? whole : divisible(whole / 2 ** halvings), chunk);
  return {
    cell: { rows: side(m, target.rows, stored.A?.[0]), cols: side(n, target.cols, stored.B?.[1]), k: callK },
    kUnit,
    kRange,
    ranges: Math.ceil(k / kRange),
  };
}

/** How many ranges k should have: where it is long beside C, or so long that blocks over all of it would take too long. */
function rangesOf({ m, n, k }: Product, least: number): number {
  const bySides = Math.floor(k / (RANGE_SIDES * Math.sqrt(m * n)));
  const byLength = Math.floor(k / LONG_RANGE);
  const wanted = byLength < MANY_RANGES ? bySides : Math.max(bySides, byLength);
  return Math.max(1, Math.min(MOST_RANGES, wanted, Math.floor(k / least)));
}

/** Rows and columns that a cell should have: wide ones, for calls are faster at these; square ones where C is symmetric. */
function cellTarget({ m, n, dtype, symmetric }: Product, callK: number): { rows: number; cols: number } {
  const elements = CELL_BYTES / bytesPerElement(dtype);
  const all = LEAST_CELLS.rows * LEAST_CELLS.cols;
  if (symmetric) {
    const edge = partOf(m, Math.sqrt(elements), Math.sqrt(all));
    return { rows: edge, cols: edge };
  }
  const longest = SIDE_ELEMENTS / callK;
  if (m <= SHORT_SIDE) return { rows: m, cols: partOf(n, Math.min(longest, elements / m), all) };
  if (n <= SHORT_SIDE) return { rows: partOf(m, Math.min(longest, elements / n), all), cols: n };
  return {
    rows: partOf(m, elements / CELL_COLS, LEAST_CELLS.rows),
    cols: partOf(n, CELL_COLS, LEAST_CELLS.cols),
  };
}

/** A side cut into so many parts that they are about as long as wanted: a power of two, and `least` if they are not too short. */
function partOf(size: number, wanted: number, least: number): number {
  const parts = Math.max(least, 2 ** Math.round(Math.log2(size / wanted)));
  return Math.max(SHORTEST_SIDE, divisible(size / parts));
}

function divisible(length: number): number {
  return Math.ceil(length / PARTS_OF_CELL) * PARTS_OF_CELL;
}

/** A side of about `target` elements: whole stored chunks, a whole part of one, or a longer one, where that can be. */
function sideOf(size: number, target: number, chunk: number | undefined): number {
  if (target >= size) return size;
  if (chunk !== undefined && chunk < size) {
    if (chunk <= target) return Math.floor(target / chunk) * chunk;
    const least = Math.ceil(chunk / target);
    for (let parts = least; parts <= 4 * least; parts++) if (chunk % parts === 0) return chunk / parts;
    if (chunk <= LONG_CHUNK * target) return chunk;
  }
  return target;
}

/** How much of k a call should take: a part of it, in whole stored chunks or in whole parts of one. */
function callOf({ m, n, k }: Product, storedK: number, halvings: number): number {
  const edge = Math.min(1024, Math.max(m, n));
  const wanted = Math.ceil(CALL_ELEMENTS / edge / 2 ** halvings);
  const longest = Math.min(LONGEST_CALL, Math.max(SHORTEST_CALL, wanted));
  return storedK > 0 ? Math.min(k, sideOf(k, longest, storedK)) : evenChunk(k, longest);
}
