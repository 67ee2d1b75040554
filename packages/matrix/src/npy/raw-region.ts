import { forEachBounded } from '../bounded.ts';
import { TruncatedFileError } from '../errors.ts';
import { ranges } from '../ranges.ts';
import type { Region } from '../tile.ts';
import type { ByteSource } from './bytes.ts';
import { rowSpans, STORED_SPANS } from './row-spans.ts';

/** Reads under way at once for one region: libuv has four threads, and short reads want some waiting for each. */
const IN_FLIGHT = 16;
/** A contiguous range is read in pieces of this size, several at once. */
const PIECE = 4 << 20;
/** Reading what lies between the rows is cheaper than a call per row up to this many times the wanted bytes. */
const GAP_FACTOR = 3;
/** Rows of one scattered read: with the gaps between them well below the 1,024 buffers that POSIX systems take. */
const ROWS_AT_ONCE = 128;

export interface RawLayout {
  readonly dataOffset: number;
  readonly itemBytes: number;
  /** Columns of the stored matrix, in storage order. */
  readonly cols: number;
  readonly name: string;
}

/**
 * Fills `out` with the region's items as stored, row by row. Returns the bytes that were read, gaps included.
 * @throws TruncatedFileError when the file got shorter since it was opened.
 */
export async function readRawRegion(
  source: ByteSource,
  layout: RawLayout,
  region: Region,
  out: Uint8Array,
  signal?: AbortSignal,
): Promise<number> {
  const { itemBytes, cols } = layout;
  const stride = cols * itemBytes;
  const width = region.cols * itemBytes;
  const start = layout.dataOffset + region.row * stride + region.col * itemBytes;
  let total = 0;
  const fill = async (into: Uint8Array, position: number) => {
    const count = await source.read(into, position, signal);
    if (count < into.byteLength)
      throw new TruncatedFileError(layout.name, position + into.byteLength, position + count);
    total += count;
  };

  const rowsOf = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, i) => out.subarray((from + i) * width, (from + i + 1) * width));

  /** Rows with the gaps between them in one read; also for what a scattered read left. */
  const readSpan = async (rows: readonly Uint8Array[], position: number, wanted: number) => {
    const span = new Uint8Array(wanted);
    await fill(span, position);
    rows.forEach((row, i) => row.set(span.subarray(i * stride, i * stride + width)));
  };

  if (width === stride || region.rows === 1) {
    const pieces = ranges(out.byteLength, PIECE);
    await forEachBounded(pieces, IN_FLIGHT, ([from, to]) => fill(out.subarray(from, to), start + from));
  } else if (!source.isLocal) {
    await forEachBounded(
      rowSpans({ rows: region.rows, width, stride }, STORED_SPANS),
      IN_FLIGHT,
      async ([from, to]) => {
        const rows = rowsOf(from, to);
        const position = start + from * stride;
        if (rows.length === 1) await fill(rows[0]!, position);
        else await readSpan(rows, position, (rows.length - 1) * stride + width);
      },
    );
  } else if (stride <= width * (1 + GAP_FACTOR)) {
    // What lies between the rows; nobody looks at it.
    const gap = new Uint8Array(stride - width);
    await forEachBounded(ranges(region.rows, ROWS_AT_ONCE), IN_FLIGHT, async ([from, to]) => {
      const rows = rowsOf(from, to);
      signal?.throwIfAborted();
      const buffers = rows.flatMap((row, i) => (i === 0 ? [row] : [gap, row]));
      const wanted = (rows.length - 1) * stride + width;
      const count = source.scatter ? await source.scatter(buffers, start + from * stride) : 0;
      if (source.scatter && count === wanted) total += count;
      else await readSpan(rows, start + from * stride, wanted);
    });
  } else {
    await forEachBounded(ranges(region.rows, 1), IN_FLIGHT, ([row]) =>
      fill(out.subarray(row * width, (row + 1) * width), start + row * stride),
    );
  }
  return total;
}
