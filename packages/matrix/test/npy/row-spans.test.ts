import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowSpans, STORED_SPANS } from '../../src/npy/row-spans.ts';

const layouts = fc
  .record({
    rows: fc.integer({ min: 1, max: 3000 }),
    width: fc.integer({ min: 1, max: 9 << 20 }),
    gap: fc.integer({ min: 1, max: 9 << 20 }),
  })
  .map(({ rows, width, gap }) => ({ rows, width, stride: width + gap }));

describe('runs of rows that one ranged read brings', () => {
  it('cover every row once, in order, within the bounds on memory, over-reading and requests', () => {
    fc.assert(
      fc.property(layouts, (layout) => {
        const { rows, width, stride } = layout;
        const spans = [...rowSpans(layout, STORED_SPANS)];
        expect(spans[0]![0]).toBe(0);
        expect(spans.at(-1)![1]).toBe(rows);
        spans.slice(1).forEach(([from], i) => expect(from).toBe(spans[i]![1]));
        const bytes = spans.map(([from, to]) => (to - from - 1) * stride + width);
        expect(Math.max(...bytes)).toBeLessThanOrEqual(Math.max(width, STORED_SPANS.most));
        expect(bytes.reduce((sum, one) => sum + one, 0)).toBeLessThanOrEqual(STORED_SPANS.overRead * rows * width);
        expect(spans.length).toBeLessThanOrEqual(rows);
      }),
    );
  });

  it('ask once where rows lie close together, and for each row where they do not', () => {
    const tile = { rows: 512, width: 4096 };
    expect([...rowSpans({ ...tile, stride: 8192 }, STORED_SPANS)]).toEqual([[0, 512]]);
    expect([...rowSpans({ ...tile, stride: 4096 * 8 }, STORED_SPANS)]).toHaveLength(4);
    expect([...rowSpans({ ...tile, stride: 4096 * 9 }, STORED_SPANS)]).toHaveLength(512);
  });
});
