import { LINE_FEED, MINUS, POINT } from './bytes';

/** Bytes that are looked at together, a bit each in a word. */
export const SPAN: usize = 64;

/** Where the cells that `plainCells` passed end: by a delimiter, and by a line feed. */
export let delimiters: u64 = 0;
export let feeds: u64 = 0;

/**
 * How many of the `SPAN` bytes from the start of a cell on are whole cells of the plainest kind: a minus perhaps, digits, and
 * perhaps a point with digits behind it; nothing but the delimiter or a line feed between them. 0 where any cell of these
 * bytes may be another, which says nothing against it.
 */
export function plainCells(from: usize, delimiter: u8): usize {
  const d0 = v128.load(from);
  const d1 = v128.load(from, 16);
  const d2 = v128.load(from, 32);
  const d3 = v128.load(from, 48);
  const separators = maskOf(d0, d1, d2, d3, delimiter);
  const lines = maskOf(d0, d1, d2, d3, LINE_FEED);
  const ends = separators | lines;
  if (ends === 0) return 0;
  // Up to the last end.
  const kept = ~(<u64>0) >> clz(ends);
  const digits = digitsOf(d0, d1, d2, d3) & kept;
  const points = maskOf(d0, d1, d2, d3, POINT) & kept;
  const signs = maskOf(d0, d1, d2, d3, MINUS) & kept;
  const starts = ((ends << 1) | 1) & kept;
  const firsts = (starts & ~signs) | ((starts & signs) << 1);
  // What is added to a run of ones where it begins comes out behind it.
  const behindWhole = (firsts + digits) & ~digits;
  const wrong =
    ((digits | points | signs | ends) ^ kept) | (signs & ~starts) | (firsts & ~digits) | (points & ~behindWhole);
  if (wrong !== 0) return 0;
  delimiters = separators;
  feeds = lines;
  return <usize>(64 - clz(ends));
}

function maskOf(d0: v128, d1: v128, d2: v128, d3: v128, byte: u8): u64 {
  const wanted = i8x16.splat(byte);
  return joined(i8x16.eq(d0, wanted), i8x16.eq(d1, wanted), i8x16.eq(d2, wanted), i8x16.eq(d3, wanted));
}

function digitsOf(d0: v128, d1: v128, d2: v128, d3: v128): u64 {
  const zero = i8x16.splat(0x30);
  const nine = i8x16.splat(9);
  return joined(
    i8x16.le_u(i8x16.sub(d0, zero), nine),
    i8x16.le_u(i8x16.sub(d1, zero), nine),
    i8x16.le_u(i8x16.sub(d2, zero), nine),
    i8x16.le_u(i8x16.sub(d3, zero), nine),
  );
}

function joined(m0: v128, m1: v128, m2: v128, m3: v128): u64 {
  const low = <u64>(<u32>i8x16.bitmask(m0) | ((<u32>i8x16.bitmask(m1)) << 16));
  const high = <u64>(<u32>i8x16.bitmask(m2) | ((<u32>i8x16.bitmask(m3)) << 16));
  return low | (high << 32);
}
