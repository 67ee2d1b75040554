import { allocateTile, type Tile } from '@tessera/matrix';
import type { ArrayPiece } from '@tessera/protocol';
import type { PackageContext } from './context.ts';

/** Rows of a mirrored band where the array has no chunks of its own. */
const BAND_ROWS = 1024;

/** Whether a block lies on the diagonal, so that its mirror image is itself. */
export function isOnDiagonal(piece: ArrayPiece, mirror: ArrayPiece): boolean {
  return piece.array === mirror.array && piece.row === mirror.row && piece.col === mirror.col;
}

/** Copies what is above the diagonal of a square tile below it: a kernel may round the two sides differently. */
export function symmetrize({ data, rows }: Tile): void {
  for (let row = 1; row < rows; row++) {
    for (let col = 0; col < row; col++) data[row * rows + col] = data[col * rows + row]!;
  }
}

/** Stores the transpose of a block, band after band of whole chunks, so that no second block is in memory. */
export async function writeMirror(block: Tile, mirror: ArrayPiece, context: PackageContext): Promise<void> {
  const { chunk } = await context.job.array(mirror);
  const height = chunk?.[0] ?? BAND_ROWS;
  for (let row = 0; row < mirror.rows; row += height) {
    const band = transposedBand(block, row, Math.min(height, mirror.rows - row));
    await context.write({ ...mirror, row: mirror.row + row, rows: band.rows }, band);
  }
}

/** Rows [first, first + count) of the transpose. */
function transposedBand(block: Tile, first: number, count: number): Tile {
  const band = allocateTile(block.dtype, count, block.rows);
  for (let col = 0; col < block.rows; col++) {
    const from = col * block.cols + first;
    for (let row = 0; row < count; row++) band.data[row * block.rows + col] = block.data[from + row]!;
  }
  return band;
}
