import { isBlank, LINE_FEED, MINUS, PLUS, POINT, RETURN, SMALL_E, SPACE, ZERO } from './bytes';
import { decimalBits, UNSETTLED } from './decimal-to-double';
import { digitsEnd } from './digits';
import { delimiters, feeds, plainCells, SPAN } from './plain-cells';

/** Where the walk is: the next cell (or its end, before `parse` is resumed), its column, the place of its number. */
export let at: usize = 0;
export let column: i32 = 0;
export let place: usize = 0;
/** Rows that the last walk ended, and the first byte after them. */
export let rows: i32 = 0;
export let rowsEnd: usize = 0;

/** What ended a walk: a row's end at or past `until`, or the last row that was wanted; */
export const DONE: i32 = 0;
/** the cell at `at`, which isn't a plain number with its end before `end`, or isn't settled here; */
export const CELL: i32 = 1;
/** the cell at `at`, which is one too many, or the last of too few. */
export const RAGGED: i32 = 2;

/** Bytes for which cells are looked at one by one, at most, where they are not the plainest. */
const LONGEST_PAUSE: usize = 1024;

/** The next walk starts here. */
export function start(text: usize, firstColumn: i32, numbers: usize): void {
  at = text;
  column = firstColumn;
  place = numbers;
}

/** Walks over cells that are plain numbers, without converting them. */
export function check(end: usize, until: usize, delimiter: u8, columns: i32): i32 {
  return walk<bool>(end, until, delimiter, columns, i32.MAX_VALUE, false);
}

/** Walks over at most `most` row ends, and puts the cells' numbers from `place` on. */
export function parse64(end: usize, delimiter: u8, columns: i32, most: i32, resumed: bool): i32 {
  return walk<f64>(end, end, delimiter, columns, most, resumed);
}

export function parse32(end: usize, delimiter: u8, columns: i32, most: i32, resumed: bool): i32 {
  return walk<f32>(end, end, delimiter, columns, most, resumed);
}

/**
 * The text from `at` to `end` must be followed by 48 bytes that may be read. A number is an optional sign, digits with at
 * most one point among or around them, an optional exponent; blanks may surround it. A cell ends with the delimiter, with
 * blanks where these delimit, or with the row: LF, CR or CRLF. `resumed`: go on at the end of a cell, at `at`, whose number
 * the caller has put in its place. Numbers are stored as T; they aren't converted at all where T is `bool`.
 */
function walk<T>(end: usize, until: usize, delimiter: u8, columns: i32, most: i32, resumed: bool): i32 {
  const blanks = delimiter === SPACE;
  let i = at;
  let col = column;
  let to = place;
  let done = 0;
  let doneEnd: usize = 0;
  let cell = i;
  let result = CELL;
  let skip = resumed;
  // Where to look at many cells together again, once one of them was not the plainest; further on each time in a row.
  let together = i;
  let pause = SPAN;
  for (;;) {
    if (!isFloat<T>() && !blanks) {
      while (i >= together && i + SPAN <= end) {
        const length = plainCells(i, delimiter);
        let next = length === 0 || (feeds !== 0 && i + SPAN >= until) ? columns : col;
        let separators = delimiters;
        for (let rest = feeds; rest !== 0 && next < columns; rest &= rest - 1) {
          const row = rest ^ (rest - 1);
          next = next + <i32>popcnt(separators & row) + 1 === columns ? 0 : columns;
          separators &= ~row;
        }
        next += <i32>popcnt(separators);
        if (next >= columns) {
          together = i + pause;
          if (pause < LONGEST_PAUSE) pause <<= 1;
          break;
        }
        if (feeds !== 0) {
          done += <i32>popcnt(feeds);
          doneEnd = i + 64 - <usize>clz(feeds);
        }
        col = next;
        i += length;
        pause = SPAN;
      }
    }
    cell = i;
    if (!skip) {
      while (isBlank(load<u8>(i), delimiter)) i++;
      let byte = load<u8>(i);
      const negative = byte === MINUS;
      if (negative || byte === PLUS) i++;
      const first = i;
      i = digitsEnd(i);
      const wholeEnd = i;
      let digits = <i32>(i - first);
      let power = 0;
      if (load<u8>(i) === POINT) {
        i = digitsEnd(i + 1);
        power = 1 - <i32>(i - wholeEnd);
        digits -= power;
      }
      if (digits === 0) break;
      const fractionEnd = i;
      byte = load<u8>(i);
      if ((byte | 32) === SMALL_E) {
        byte = load<u8>(++i);
        if (byte === MINUS || byte === PLUS) i++;
        const exponentStart = i;
        i = digitsEnd(i);
        if (i === exponentStart) break;
        if (isFloat<T>()) {
          const exponent = smallInteger(exponentStart, i);
          power += byte === MINUS ? -exponent : exponent;
        }
      }
      if (isFloat<T>()) {
        const bits = decimalBits(first, wholeEnd, fractionEnd, power);
        if (bits === UNSETTLED) break;
        const signed = reinterpret<f64>(bits | ((<u64>negative) << 63));
        if (col < columns) store<T>(to, <T>signed);
      }
    }
    skip = false;
    const numberEnd = i;
    while (isBlank(load<u8>(i), delimiter)) i++;
    if (i >= end) break;
    const byte = load<u8>(i);
    if (byte === LINE_FEED || byte === RETURN) {
      if (col + 1 !== columns) {
        result = RAGGED;
        break;
      }
      if (byte === RETURN) {
        if (i + 1 >= end) break;
        if (load<u8>(i + 1) === LINE_FEED) i++;
      }
      i++;
      col = 0;
      done++;
      doneEnd = i;
      to += sizeof<T>();
      if (i >= until || done >= most) {
        cell = i;
        result = DONE;
        break;
      }
      continue;
    }
    if (col + 1 >= columns) {
      // Another delimiter than expected doesn't make the row longer.
      if (byte === delimiter || (blanks && i > numberEnd)) result = RAGGED;
      break;
    }
    if (byte === delimiter && !blanks) i++;
    else if (!blanks || i === numberEnd) break;
    col++;
    to += sizeof<T>();
  }
  at = cell;
  column = col;
  place = to;
  rows = done;
  rowsEnd = doneEnd;
  return result;
}

/** The whole number that the digits say, or one so large that every power of ten of its size is 0 or infinite. */
function smallInteger(from: usize, end: usize): i32 {
  let value = 0;
  for (let i = from; i < end; i++) if (value < 100000) value = value * 10 + <i32>(load<u8>(i) - ZERO);
  return value;
}
