import type { ArrayPiece } from '@tessera/protocol';

/** Elements read at once while a band is streamed: 4 MiB of float64, a few milliseconds of arithmetic. */
const STRIP_ELEMENTS = 1 << 19;

/**
 * Cuts a band of rows into strips that are read one after another: runs of columns as wide as the stored chunks where the
 * array has any, whole rows otherwise, so that nothing is read twice.
 */
export function stripsOf(band: ArrayPiece, chunk: readonly [number, number] | undefined): ArrayPiece[] {
  const [chunkRows, chunkCols] = chunk ?? [1, band.cols];
  const cols = Math.min(band.cols, chunkCols);
  const wanted = Math.max(1, Math.floor(STRIP_ELEMENTS / cols / chunkRows)) * chunkRows;
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
