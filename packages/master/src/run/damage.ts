import { CorruptTileError, isChunked, type ChunkedArray } from '@tessera/matrix';
import type { ArrayPiece } from '@tessera/protocol';
import { gridOf } from '../plan/grid.ts';
import type { OpenByName } from './inline-tiles.ts';

/** Chunks looked at at once. */
const CONCURRENT = 8;

/** Whether a chunk of a piece is missing in the store, or corrupt. Arrays without chunks (.npy) can't tell, and aren't. */
export async function isBroken(piece: ArrayPiece, open: OpenByName): Promise<boolean> {
  const array = await open(piece.array);
  if (!isChunked(array)) return false;
  const grid = gridOf([piece.rows, piece.cols], array.chunk);
  let next = 0;
  let whole = true;
  const look = async () => {
    while (whole && next < grid.count) {
      const { row, col } = grid.region(next++);
      if (!(await chunkIsWhole(array, (piece.row + row) / array.chunk[0], (piece.col + col) / array.chunk[1]))) {
        whole = false;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(CONCURRENT, grid.count) }, look));
  return !whole;
}

async function chunkIsWhole(array: ChunkedArray, row: number, col: number): Promise<boolean> {
  try {
    return (await array.readChunk(row, col)) !== undefined;
  } catch (error) {
    if (error instanceof CorruptTileError) return false;
    throw error;
  }
}
