const LINE_FEED = 10;
const RETURN = 13;

/**
 * The offset after the last row that ends in `bytes[start, end)`; `start` where none does. A carriage return at the very end may
 * belong to a line feed that is still to come.
 */
export function endOfRows(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const feed = text.lastIndexOf(LINE_FEED);
  // Few texts have returns, and those that have feeds as well have them side by side.
  const at = Math.max(feed, text.subarray(feed + 1, -1).lastIndexOf(RETURN) + feed + 1);
  return at < 0 ? start : start + at + 1;
}

/** The offset after the first line feed or carriage return from `start` on; `end` where there is none. */
export function endOfRow(bytes: Uint8Array, start: number, end: number): number {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start);
  const feed = text.indexOf(LINE_FEED);
  const before = feed < 0 ? text : text.subarray(0, feed);
  const found = before.indexOf(RETURN);
  const at = found < 0 ? feed : found;
  return at < 0 ? end : start + at + 1;
}
