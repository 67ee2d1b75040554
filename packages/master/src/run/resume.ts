import { CorruptTileError, isChunked, type ChunkedArray } from '@tessera/matrix';
import type { ArrayPiece, PackageBody } from '@tessera/protocol';
import { gridOf } from '../plan/grid.ts';
import type { OpenByName } from './inline-tiles.ts';

/**
 * Whether all chunks that a package would write are in the store, and whole. Arrays without chunks (.npy) can't tell, and
 * checks are always made again.
 */
export async function outputExists(body: PackageBody, open: OpenByName): Promise<boolean> {
  const piece = outputOf(body);
  if (!piece) return false;
  const array = await open(piece.array);
  if (!isChunked(array)) return false;
  const grid = gridOf([piece.rows, piece.cols], array.chunk);
  for (let index = 0; index < grid.count; index++) {
    const { row, col } = grid.region(index);
    if (!(await chunkExists(array, (piece.row + row) / array.chunk[0], (piece.col + col) / array.chunk[1])))
      return false;
  }
  return true;
}

async function chunkExists(array: ChunkedArray, row: number, col: number): Promise<boolean> {
  try {
    return (await array.readChunk(row, col)) !== undefined;
  } catch (error) {
    if (error instanceof CorruptTileError) return false;
    throw error;
  }
}

function outputOf(body: PackageBody): ArrayPiece | undefined {
  if (body.kind === 'generate' || body.kind === 'ingest') return body.sink;
  if (body.kind === 'add' || body.kind === 'multiply' || body.kind === 'reduce') {
    return body.c.kind === 'array' ? body.c : undefined;
  }
  return undefined;
}
