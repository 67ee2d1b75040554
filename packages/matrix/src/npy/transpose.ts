import { allocate } from '../tile.ts';
import type { DType, Elements } from '../tile.ts';

/** Cache-sized squares: 32 x 32 elements of 8 bytes, twice, fit in a 32 KiB first-level cache. */
const SQUARE = 32;

/** The transpose of a row-major `rows` x `cols` matrix. */
export function transpose(data: Elements, rows: number, cols: number, dtype: DType): Elements {
  const out = allocate(dtype, data.length);
  for (let r0 = 0; r0 < rows; r0 += SQUARE) {
    const r1 = Math.min(rows, r0 + SQUARE);
    for (let c0 = 0; c0 < cols; c0 += SQUARE) {
      const c1 = Math.min(cols, c0 + SQUARE);
      for (let r = r0; r < r1; r++) for (let c = c0; c < c1; c++) out[c * rows + r] = data[r * cols + c]!;
    }
  }
  return out;
}
