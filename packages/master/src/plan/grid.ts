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
  /** @param row 0 <= row < rows @param col 0 <= col < cols */
  regionAt(row: number, col: number): Region;
}

/** Lays blocks over a matrix. */
export function gridOf(shape: Shape, block: Shape): Grid {
  const rows = Math.ceil(shape[0] / block[0]);
  const cols = Math.ceil(shape[1] / block[1]);
  const regionAt = (gridRow: number, gridCol: number): Region => {
    const row = gridRow * block[0];
    const col = gridCol * block[1];
    return { row, col, rows: Math.min(block[0], shape[0] - row), cols: Math.min(block[1], shape[1] - col) };
  };
  return {
    shape,
    block,
    rows,
    cols,
    count: rows * cols,
    region: (index) => regionAt(Math.floor(index / cols), index % cols),
    regionAt,
  };
}

/** The place (row <= col) of an upper triangle's element by its number, row by row from the diagonal; `size` rows. */
export function upperAt(index: number, size: number): { row: number; col: number } {
  let left = index;
  let row = 0;
  while (left >= size - row) {
    left -= size - row;
    row++;
  }
  return { row, col: row + left };
}

/** How many elements an upper triangle of `size` rows has, its diagonal included. */
export function upperCount(size: number): number {
  return (size * (size + 1)) / 2;
}

/** A region of one of the job's arrays, as packages name it. */
export function piece(array: string, region: Region): ArrayPiece {
  return { kind: 'array', array, row: region.row, col: region.col, rows: region.rows, cols: region.cols };
}

/** A region of an operand as the operation takes it, as packages name it: where the operand is stored transposed, so is the region. */
export function operandPiece(
  operand: { readonly array: string; readonly transposed: boolean },
  region: Region,
): ArrayPiece {
  return piece(operand.array, operand.transposed ? flipped(region) : region);
}

/** The region of the transpose. */
export function flipped({ row, col, rows, cols }: Region): Region {
  return { row: col, col: row, rows: cols, cols: rows };
}
