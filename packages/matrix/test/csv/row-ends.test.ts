import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { endOfRow, endOfRows } from '../../src/csv/row-ends.ts';

const texts = fc.array(fc.constantFrom('1', ',', '\n', '\r', '\r\n'), { maxLength: 12 }).map((parts) => parts.join(''));

it('finds the last row that surely ends, and the first end of a row, as a search byte by byte does', () => {
  fc.assert(
    fc.property(texts, fc.nat(6), (text, before) => {
      const bytes = Buffer.from(`${'\n'.repeat(before)}${text}\n\r`);
      const [start, end] = [before, before + text.length];
      const isEnd = (at: number) => bytes[at] === 10 || bytes[at] === 13;
      const offsets = Array.from({ length: text.length }, (_, i) => start + i).filter(isEnd);
      // A return at the very end may be half of an end.
      const sure = offsets.filter((at) => bytes[at] === 10 || at < end - 1);
      expect(endOfRows(bytes, start, end)).toBe(sure.length === 0 ? start : sure.at(-1)! + 1);
      expect(endOfRow(bytes, start, end)).toBe(offsets.length === 0 ? end : offsets[0]! + 1);
    }),
  );
});
