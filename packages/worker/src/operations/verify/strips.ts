import type { ArrayPiece } from '@tessera/protocol';

/** Elements read at once while a band is streamed: 4 MiB of float64, a few milliseconds of arithmetic. */
const STRIP_ELEMENTS = 1 << 19;

/** Elements of a part of a row that is worth being read alone: mapped where it lies in a file, rather than copied. */
const LONG_PART = 1 << 15;

/**
 * Cuts a band of rows into strips that are read one after another: runs of columns as wide as the stored chunks where the
 * array has any, whole rows otherwise, so that nothing is read twice.
 */
export function stripsOf(
  band: ArrayPiece,
  { chunk, shape }: { chunk?: readonly [number, number] | undefined; shape: readonly [number, number] },
): ArrayPiece[] {
  const [chunkRows, chunkCols] = chunk ?? [1, band.cols];
  const cols = Math.min(band.cols, chunkCols);
  const isPart = chunk === undefined && cols < shape[1] && cols >= LONG_PART;
  const wanted = isPart ? 1 : Math.max(1, Math.floor(STRIP_ELEMENTS / cols / chunkRows)) * chunkRows;
  const strips: ArrayPiece[] = [];
  for (let row = 0; row < band.rows; row += wanted) {
    for (let col = 0; col < band.cols; col += cols) {
      strips.push({
        ...band,
        row: band.row + row,
        col: band.col + col,
        rows: Math.min(wanted, band.rows - row),
        cols: Math.min(cols, band.cols - col),
      });
    }
  }
  return strips;
}
