import * as fc from 'fast-check';
import { allocateTile } from '../src/index.ts';
import type { DType, Region, Shape, Tile } from '../src/index.ts';

/** A tile whose elements tell where they are, NaN and infinities among them. */
export function numbered(dtype: DType, rows: number, cols: number): Tile {
  const tile = allocateTile(dtype, rows, cols);
  const odd = [NaN, Infinity, -Infinity, -0, 1e-40, 0.1];
  tile.data.forEach((_, i) => (tile.data[i] = i % 7 === 3 ? odd[i % odd.length]! : i + 0.5));
  return tile;
}

/** The part of a tile, element by element: the reference that the arrays are compared with. */
export function part(tile: Tile, region: Region): number[] {
  const values: number[] = [];
  for (let r = 0; r < region.rows; r++) {
    for (let c = 0; c < region.cols; c++) values.push(tile.data[(region.row + r) * tile.cols + region.col + c]!);
  }
  return values;
}

export const dtypes = fc.constantFrom<DType>('float64', 'float32');
export const shapes = (max: number) => fc.tuple(fc.integer({ min: 1, max }), fc.integer({ min: 1, max }));

export function regionsIn([rows, cols]: Shape): fc.Arbitrary<Region> {
  return fc
    .tuple(spanIn(rows), spanIn(cols))
    .map(([r, c]) => ({ row: r.start, col: c.start, rows: r.length, cols: c.length }));
}

function spanIn(size: number) {
  return fc
    .integer({ min: 0, max: size - 1 })
    .chain((start) => fc.integer({ min: 1, max: size - start }).map((length) => ({ start, length })));
}
