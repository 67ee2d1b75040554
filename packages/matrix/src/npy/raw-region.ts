import { forEachBounded } from '../bounded.ts';
import { TruncatedFileError } from '../errors.ts';
import type { Region } from '../tile.ts';
import type { ByteSource } from './bytes.ts';

/** Reads under way at once for one region: enough to keep libuv's four threads busy. */
const IN_FLIGHT = 8;
/** A contiguous range is read in pieces of this size, several at once. */
const PIECE = 4 << 20;
/** Reading what lies between the rows is cheaper than a call per row up to this many times the wanted bytes. */
const GAP_FACTOR = 3;

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

  if (width === stride || region.rows === 1) {
    const pieces = ranges(out.byteLength, PIECE);
    await forEachBounded(pieces, IN_FLIGHT, ([from, to]) => fill(out.subarray(from, to), start + from));
  } else if (stride <= width * (1 + GAP_FACTOR) && stride <= PIECE) {
    const rowsAtOnce = Math.max(1, Math.floor(PIECE / stride));
    await forEachBounded(ranges(region.rows, rowsAtOnce), IN_FLIGHT, async ([from, to]) => {
      const span = new Uint8Array((to - from - 1) * stride + width);
      await fill(span, start + from * stride);
      for (let row = from; row < to; row++) {
        const at = (row - from) * stride;
        out.set(span.subarray(at, at + width), row * width);
      }
    });
  } else {
    await forEachBounded(ranges(region.rows, 1), IN_FLIGHT, ([row]) =>
      fill(out.subarray(row * width, (row + 1) * width), start + row * stride),
    );
  }
  return total;
}

export function* ranges(length: number, step: number): Generator<[from: number, to: number]> {
  for (let from = 0; from < length; from += step) yield [from, Math.min(length, from + step)];
}
