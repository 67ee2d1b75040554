import type { MatrixArray } from '../array.ts';
import { elementBytes } from '../tile.ts';
import type { Region } from '../tile.ts';

/** What one band may take in memory unless a row of chunks takes more than this; chunks are read once then. */
const BAND_BYTES = 8 << 20;
/** Past this a row of chunks is read in several bands all the same, so that memory stays bounded. */
const CHUNKS_BYTES = 256 << 20;

/** Cuts an array into bands of whole rows that suit its chunks, top to bottom. */
export function* rowBands({ shape, dtype, chunk }: MatrixArray): Generator<Region> {
  const [rows, cols] = shape;
  const rowBytes = cols * elementBytes(dtype);
  const fitting = Math.max(1, Math.floor(BAND_BYTES / rowBytes));
  let step = fitting;
  if (chunk) {
    const chunkRows = chunk[0];
    if (chunkRows <= fitting) step = Math.floor(fitting / chunkRows) * chunkRows;
    else step = Math.min(chunkRows, Math.max(1, Math.floor(CHUNKS_BYTES / rowBytes)));
  }
  for (let row = 0; row < rows; row += step) yield { row, col: 0, rows: Math.min(step, rows - row), cols };
}
