import { RegionError } from './errors.ts';
import { tileMemory } from './memory/tile-memory.ts';

/** The element types that tiles hold; every other type on disk is converted to one of them. */
export type DType = 'float64' | 'float32';
export type Elements = Float64Array | Float32Array;
export type Shape = readonly [rows: number, cols: number];

/** A rectangle of a matrix, in elements. */
export interface Region {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
}

/** A piece of a matrix in memory: `rows` x `cols`, row-major, contiguous. */
export interface Tile {
  readonly dtype: DType;
  readonly rows: number;
  readonly cols: number;
  readonly data: Elements;
}

export function elementBytes(dtype: DType): 4 | 8 {
  return dtype === 'float64' ? 8 : 4;
}

/**
 * The one place where tile memory comes from. It is shared memory, so that kernels in other threads
 * read and write it without a copy; it starts as zeros.
 */
export function allocate(dtype: DType, length: number): Elements {
  return viewElements(dtype, tileMemory.make(length * elementBytes(dtype)), 0, length);
}

/** A tile whose elements may be anything: for whoever writes them all. */
export function scratchTile(dtype: DType, rows: number, cols: number): Tile {
  const length = rows * cols;
  const data = viewElements(dtype, tileMemory.take(length * elementBytes(dtype)), 0, length);
  return { dtype, rows, cols, data };
}

/** Gives a tile's memory to the next that needs as much: nobody may look at the tile, or at a part of it, any more. */
export function recycle({ data }: Tile): void {
  if (data.buffer instanceof SharedArrayBuffer) tileMemory.giveBack(data.buffer);
}

export function viewElements(dtype: DType, buffer: ArrayBufferLike, byteOffset: number, length: number): Elements {
  return dtype === 'float64'
    ? new Float64Array(buffer, byteOffset, length)
    : new Float32Array(buffer, byteOffset, length);
}

export function allocateTile(dtype: DType, rows: number, cols: number): Tile {
  return { dtype, rows, cols, data: allocate(dtype, rows * cols) };
}

/** The bytes of a view, without a copy. */
export function bytesOf(view: ArrayBufferView): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

export function wholeRegion(shape: Shape): Region {
  return { row: 0, col: 0, rows: shape[0], cols: shape[1] };
}

/** @throws RegionError when the region isn't a non-empty rectangle of whole elements inside the shape. */
export function checkRegion(region: Region, shape: Shape, url: string): void {
  const { row, col, rows, cols } = region;
  const whole = [row, col, rows, cols].every((n) => Number.isSafeInteger(n) && n >= 0);
  if (!whole || rows < 1 || cols < 1 || row + rows > shape[0] || col + cols > shape[1]) {
    throw new RegionError(
      `Region ${rows}x${cols} at ${row},${col} isn't inside ${url}, which is ${shape[0]}x${shape[1]}.`,
    );
  }
}

/** @throws RegionError when the tile isn't of the region's shape and the array's dtype. */
export function checkTile(tile: Tile, region: Region, dtype: DType, url: string): void {
  const matches = tile.rows === region.rows && tile.cols === region.cols && tile.dtype === dtype;
  if (matches && tile.data.length === tile.rows * tile.cols) return;
  throw new RegionError(
    `A tile of ${tile.rows}x${tile.cols} ${tile.dtype} (${tile.data.length} elements) can't fill ` +
      `${region.rows}x${region.cols} ${dtype} of ${url}.`,
  );
}

/** Copies a rectangle between two row-major matrices of the same dtype; `region` is in the source's elements. */
export function copyRegion(
  source: { data: Elements; cols: number },
  region: Region,
  target: { data: Elements; cols: number },
  at: { row: number; col: number },
): void {
  const { row, col, rows, cols } = region;
  if (cols === source.cols && cols === target.cols) {
    const from = row * cols;
    target.data.set(source.data.subarray(from, from + rows * cols), at.row * cols);
    return;
  }
  for (let i = 0; i < rows; i++) {
    const from = (row + i) * source.cols + col;
    target.data.set(source.data.subarray(from, from + cols), (at.row + i) * target.cols + at.col);
  }
}
