import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { chunkRegion, coversWholeChunks, evenChunk, gridOf, overlaps } from '../src/index.ts';
import { regionsIn, shapes } from './matrices.ts';

it('cuts evenly: chunks no larger than the target, as few as the target needs, less than one row of padding each', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e9 }), fc.integer({ min: 1, max: 1e6 }), (n, target) => {
      const chunk = evenChunk(n, target);
      const pieces = Math.ceil(n / target);
      expect(chunk).toBeLessThanOrEqual(target);
      expect(chunk * pieces - n).toBeLessThan(pieces);
      expect(chunk * pieces).toBeGreaterThanOrEqual(n);
    }),
  );
});

it('covers a region with disjoint overlaps, each inside its chunk', () => {
  const cases = fc
    .tuple(shapes(40), shapes(17))
    .chain(([shape, chunk]) =>
      fc.record({ shape: fc.constant(shape), chunk: fc.constant(chunk), region: regionsIn(shape) }),
    );
  fc.assert(
    fc.property(cases, ({ shape, chunk, region }) => {
      const seen = new Set<string>();
      for (const { r, c, region: piece } of overlaps(region, chunk)) {
        const inside = chunkRegion(shape, chunk, r, c);
        for (let i = piece.row; i < piece.row + piece.rows; i++) {
          expect(i - inside.row).toBeLessThan(inside.rows);
          for (let j = piece.col; j < piece.col + piece.cols; j++) {
            expect(j - inside.col).toBeLessThan(inside.cols);
            expect(seen.has(`${i},${j}`)).toBe(false);
            seen.add(`${i},${j}`);
          }
        }
      }
      expect(seen.size).toBe(region.rows * region.cols);
      const whole = [...overlaps(region, chunk)].every(
        ({ r, c, region: p }) => JSON.stringify(p) === JSON.stringify(chunkRegion(shape, chunk, r, c)),
      );
      expect(coversWholeChunks(region, shape, chunk)).toBe(whole);
      expect(gridOf(shape, chunk)).toEqual([Math.ceil(shape[0] / chunk[0]), Math.ceil(shape[1] / chunk[1])]);
    }),
    { numRuns: 60 },
  );
});
