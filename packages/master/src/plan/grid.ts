import type { ArrayPiece, Region, Shape } from '@tessera/protocol';

/** Rectangles of `block` elements that cover `shape`, numbered row by row; the last of a row or column may be smaller. */
export interface Grid {
  readonly shape: Shape;
  readonly block: Shape;
  readonly rows: number;
  readonly cols: number;
  readonly count: number;
  /** @param index 0 <= index < count */
  region(index: number): Region;
}

/** Lays blocks over a matrix. */
export function gridOf(shape: Shape, block: Shape): Grid {
  const rows = Math.ceil(shape[0] / block[0]);
  const cols = Math.ceil(shape[1] / block[1]);
  return {
    shape,
    block,
    rows,
    cols,
    count: rows * cols,
    region(index) {
      const row = Math.floor(index / cols) * block[0];
      const col = (index % cols) * block[1];
      return { row, col, rows: Math.min(block[0], shape[0] - row), cols: Math.min(block[1], shape[1] - col) };
    },
  };
}

/** A region of one of the job's arrays, as packages name it. */
export function piece(array: string, region: Region): ArrayPiece {
  return { kind: 'array', array, row: region.row, col: region.col, rows: region.rows, cols: region.cols };
}
