import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { RegionError } from '../errors.ts';
import { locate } from '../location.ts';
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

/** How an ingest is done beside others in one process. */
export interface IngestOptions extends ArrayContext, ArrayCallOptions {
  /**
   * Runs what does nothing but parse (a text on this machine's disk comes faster than it is parsed) when nobody else computes:
   * of two parts that took turns piece by piece both would end at once, and nothing would be parsed while both are stored.
   */
  parsing?<T>(work: () => Promise<T>): Promise<T>;
}

/**
 * Parses rows of a CSV text into an array. A plain text is read where the rows are; a compressed or quoted one from its
 * start, as a whole (the part must then be all of it), in constant memory.
 */
export async function ingestCsv(
  text: CsvText,
  part: IngestPart,
  target: MatrixArray,
  context: IngestOptions = {},
): Promise<void> {
  const { region } = part;
  const [rows, cols] = target.shape;
  const { dtype } = target;
  if (region.col !== 0 || region.cols !== cols) throw new RegionError(`CSV rows are written whole, ${cols} columns`);
  if (!text.gzip && !text.quoted) {
    const read = () => readCsvPart(text, { ...part, rows: region.rows, cols, dtype }, context);
    const isLocal = locate(text.url).scheme === 'file';
    const tile = await (isLocal && context.parsing ? context.parsing(read) : read());
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
