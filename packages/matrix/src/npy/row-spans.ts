/** How the rows of a region lie in a row-major file, in bytes. */
export interface RowLayout {
  readonly rows: number;
  /** Of the wanted part of a row. */
  readonly width: number;
  /** From the start of one row to that of the next. */
  readonly stride: number;
}

/** What reads of a store may cost. */
export interface SpanLimits {
  /** Bytes of one read, which are in memory at once; a row that is longer is read whole. */
  readonly most: number;
  /** Bytes between two rows that are read and dropped rather than asking again. */
  readonly gap: number;
  /** All bytes read are at most so many times those wanted. */
  readonly overRead: number;
}

/**
 * Reads of objects by ranges. A request costs 10 to 20 ms before its first byte and a connection brings some 85 to 90 MB/s
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/optimizing-performance-design-patterns.html), so that asking again costs
 * about as much as reading 1 MiB more; but machines with little bandwidth pay for every byte that is dropped. So no gap above
 * half of that is read, and no more than 8 times what is wanted: a region of r rows takes at most r requests.
 */
export const STORED_SPANS: SpanLimits = { most: 4 << 20, gap: 512 << 10, overRead: 8 };

/** Cuts a region's rows into runs that one read brings, gaps between the rows included. */
export function* rowSpans(
  { rows, width, stride }: RowLayout,
  limits: SpanLimits,
): Generator<[from: number, to: number]> {
  const worthwhile = stride - width <= limits.gap && stride <= width * limits.overRead;
  const fitting = 1 + Math.floor((limits.most - width) / stride);
  const step = worthwhile ? Math.max(1, fitting) : 1;
  for (let from = 0; from < rows; from += step) yield [from, Math.min(rows, from + step)];
}
