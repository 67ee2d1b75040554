import type { Region, Shape } from './tile.ts';

/** The chunk length that cuts `n` evenly into pieces of at most `target`, so that padding at the edge stays small. */
export function evenChunk(n: number, target: number): number {
  return Math.ceil(n / Math.ceil(n / target));
}

/** How many chunks the matrix has in each direction. */
export function gridOf(shape: Shape, chunk: Shape): Shape {
  return [Math.ceil(shape[0] / chunk[0]), Math.ceil(shape[1] / chunk[1])];
}

/** The elements that chunk (r, c) really holds: smaller than a chunk at the lower and right edge. */
export function chunkRegion(shape: Shape, chunk: Shape, r: number, c: number): Region {
  const row = r * chunk[0];
  const col = c * chunk[1];
  return { row, col, rows: Math.min(chunk[0], shape[0] - row), cols: Math.min(chunk[1], shape[1] - col) };
}

/** One chunk that a region touches, and the overlap, in the matrix's elements. */
export interface Overlap {
  readonly r: number;
  readonly c: number;
  readonly region: Region;
}

/** Every chunk that the region touches, row by row. */
export function* overlaps(region: Region, chunk: Shape): Generator<Overlap> {
  const lastRow = region.row + region.rows;
  const lastCol = region.col + region.cols;
  for (let r = Math.floor(region.row / chunk[0]); r * chunk[0] < lastRow; r++) {
    const row = Math.max(region.row, r * chunk[0]);
    const rows = Math.min(lastRow, (r + 1) * chunk[0]) - row;
    for (let c = Math.floor(region.col / chunk[1]); c * chunk[1] < lastCol; c++) {
      const col = Math.max(region.col, c * chunk[1]);
      yield { r, c, region: { row, col, rows, cols: Math.min(lastCol, (c + 1) * chunk[1]) - col } };
    }
  }
}

/** Whether the region covers every chunk it touches in full (to the matrix's edge). */
export function coversWholeChunks(region: Region, shape: Shape, chunk: Shape): boolean {
  return isWhole(region.row, region.rows, shape[0], chunk[0]) && isWhole(region.col, region.cols, shape[1], chunk[1]);
}

function isWhole(start: number, length: number, size: number, step: number): boolean {
  return start % step === 0 && ((start + length) % step === 0 || start + length === size);
}
