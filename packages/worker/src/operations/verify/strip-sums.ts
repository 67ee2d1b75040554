import { rowSizesTimes, rowSquares, rowTimes } from './row-sums.ts';
import { MOST_VECTORS, openStripSums, STEP, type StripSumsModule } from './strip-sums-module.ts';
import type { Strip } from './stream.ts';

/** What is summed of each row beside its products with vectors: its squares, or its absolute values times a vector. */
export type Weight = 'squares' | Float64Array;

/** Sums of the rows of a strip, in float64. */
export interface StripSums {
  /** Row by row, one for each vector. */
  readonly products: Float64Array;
  /** One for each row; empty where no weight was asked for. */
  readonly weights: Float64Array;
}

/** Multiplies a strip's rows with vectors as long as they are, and weighs them. */
export type SumStrip = (strip: Strip, vectors: readonly Float64Array[], weight?: Weight) => StripSums;

/** Bytes of rows that are copied to the module's memory at once: they stay in a second-level cache until they are summed. */
const BLOCK_BYTES = 1 << 20;
/** Elements of a row that are summed at once; longer rows are cut. */
const LONGEST = 1 << 15;
const DOUBLE = Float64Array.BYTES_PER_ELEMENT;
const VECTORS_AT = BLOCK_BYTES;
const SUMS_AT = VECTORS_AT + (MOST_VECTORS + 1) * LONGEST * DOUBLE;
/** Rows of a block are at least one step long, and each has at most so many sums of two halves. */
const SUMS_BYTES = (BLOCK_BYTES / DOUBLE / STEP) * (MOST_VECTORS + 1) * 2 * DOUBLE;
const PAGE = 65_536;

let opened: { readonly sum: SumStrip } | undefined;

/** The fastest there is here: WebAssembly SIMD, two to three times as fast as plain loops, or those. */
export function stripSums(): SumStrip {
  if (!opened) {
    const module = openStripSums(Math.ceil((SUMS_AT + SUMS_BYTES) / PAGE));
    opened = { sum: module ? inWasm(module) : plainStripSums };
  }
  return opened.sum;
}

export const plainStripSums: SumStrip = ({ data, rows, cols }, vectors, weight) => {
  const products = new Float64Array(rows * vectors.length);
  const weights = new Float64Array(weight ? rows : 0);
  for (let row = 0; row < rows; row++) {
    rowTimes(data, row * cols, cols, vectors, products, row * vectors.length);
    if (weight === 'squares') weights[row] = rowSquares(data, row * cols, cols);
    else if (weight) weights[row] = rowSizesTimes(data, row * cols, cols, weight);
  }
  return { products, weights };
};

function inWasm(module: StripSumsModule): SumStrip {
  const memory = new Float64Array(module.memory.buffer);
  return (strip, vectors, weight) => {
    const { rows, cols } = strip;
    const products = new Float64Array(rows * vectors.length);
    const weights = new Float64Array(weight ? rows : 0);
    for (let col = 0; col < cols; col += LONGEST) {
      const width = Math.min(LONGEST, cols - col);
      const padded = Math.ceil(width / STEP) * STEP;
      const height = Math.min(rows, Math.floor(BLOCK_BYTES / DOUBLE / padded));
      for (let first = 0; first < Math.max(1, vectors.length); first += MOST_VECTORS) {
        const some = vectors.slice(first, first + MOST_VECTORS);
        const weighing = first === 0 ? weight : undefined;
        const beside = typeof weighing === 'object' ? [...some, weighing] : some;
        for (const [index, vector] of beside.entries())
          place(memory, VECTORS_AT / DOUBLE + index * padded, padded, vector.subarray(col, col + width));
        for (let row = 0; row < rows; row += height) {
          const count = Math.min(height, rows - row);
          copyRows(memory, strip, { row, col, rows: count, cols: width }, padded);
          if (some.length > 0) {
            module.times(some.length, 0, count, padded * DOUBLE, VECTORS_AT, SUMS_AT);
            const halves = memory.subarray(SUMS_AT / DOUBLE);
            for (let at = 0; at < count * some.length; at++) {
              const to = (row + Math.floor(at / some.length)) * vectors.length + first + (at % some.length);
              products[to]! += halves[2 * at]! + halves[2 * at + 1]!;
            }
          }
          if (!weighing) continue;
          const weigh = weighing === 'squares' ? module.squares : module.sizes;
          weigh(0, count, padded * DOUBLE, VECTORS_AT + some.length * padded * DOUBLE, SUMS_AT);
          for (let at = 0; at < count; at++)
            weights[row + at]! += memory[SUMS_AT / DOUBLE + 2 * at]! + memory[SUMS_AT / DOUBLE + 2 * at + 1]!;
        }
      }
    }
    return { products, weights };
  };
}

/** Copies part of a strip to the memory's start, each row padded with zeros. */
function copyRows(
  memory: Float64Array,
  { data, cols }: Strip,
  part: { row: number; col: number; rows: number; cols: number },
  padded: number,
): void {
  const from = part.row * cols + part.col;
  if (padded === cols) return memory.set(data.subarray(from, from + part.rows * cols), 0);
  for (let row = 0; row < part.rows; row++)
    place(memory, row * padded, padded, data.subarray(from + row * cols, from + row * cols + part.cols));
}

function place(memory: Float64Array, at: number, padded: number, elements: Float64Array): void {
  memory.set(elements, at);
  memory.fill(0, at + elements.length, at + padded);
}
