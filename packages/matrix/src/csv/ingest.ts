import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { RegionError } from '../errors.ts';
import { recycle, type Region } from '../tile.ts';
import type { CsvText } from './inspect.ts';
import { readCsvPart, streamCsv } from './read.ts';

/** Elements of one tile where the target has no chunks that say how many rows belong together. */
const TILE_ELEMENTS = 1 << 20;

export interface IngestPart {
  readonly bytes: { readonly start: number; readonly end: number };
  readonly firstRow: number;
  readonly skipRows: number;
  /** Where the rows go: whole rows of the target, aligned to its chunks. */
  readonly region: Region;
}

/**
 * Parses rows of a CSV text into an array. A plain text is read where the rows are; a compressed or quoted one from its
 * start, as a whole (the part must then be all of it), in constant memory.
 */
export async function ingestCsv(
  text: CsvText,
  part: IngestPart,
  target: MatrixArray,
  context: ArrayContext & ArrayCallOptions = {},
): Promise<void> {
  const { region } = part;
  const [rows, cols] = target.shape;
  const { dtype } = target;
  if (region.col !== 0 || region.cols !== cols) throw new RegionError(`CSV rows are written whole, ${cols} columns`);
  if (!text.gzip && !text.quoted) {
    const tile = await readCsvPart(text, { ...part, rows: region.rows, cols, dtype }, context);
    const bytes = part.bytes.end - part.bytes.start;
    if (context.traffic) context.traffic.bytesRead += bytes;
    await target.write(region, tile, context);
    recycle(tile);
    return;
  }
  if (region.row !== 0 || region.rows !== rows) throw new RegionError(`${text.url} can only be read as a whole`);
  const rowsPerTile = target.chunk?.[0] ?? Math.max(1, Math.floor(TILE_ELEMENTS / cols));
  let row = 0;
  for await (const tile of streamCsv(text, { cols, dtype, rowsPerTile }, context)) {
    await target.write({ row, col: 0, rows: tile.rows, cols }, tile, context);
    recycle(tile);
    row += tile.rows;
  }
  if (context.traffic) context.traffic.bytesRead += part.bytes.end - part.bytes.start;
}
