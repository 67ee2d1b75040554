import { CorruptTileError, isChunked, type ChunkedArray } from '@tessera/matrix';
import type { ArrayPiece } from '@tessera/protocol';
import { gridOf } from '../plan/grid.ts';
import type { OpenByName } from './inline-tiles.ts';

/** Chunks looked at at once. */
const CONCURRENT = 8;

/**
 * Whether all chunks of a piece are in the store, and whole. `unknown` for arrays without chunks (.npy), which can't tell.
 */
export async function stateOf(piece: ArrayPiece, open: OpenByName): Promise<'whole' | 'broken' | 'unknown'> {
  const array = await open(piece.array);
  if (!isChunked(array)) return 'unknown';
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
  return whole ? 'whole' : 'broken';
}

async function chunkIsWhole(array: ChunkedArray, row: number, col: number): Promise<boolean> {
  try {
    return (await array.readChunk(row, col)) !== undefined;
  } catch (error) {
    if (error instanceof CorruptTileError) return false;
    throw error;
  }
}
