import fc from 'fast-check';
import { expect, it } from 'vitest';
import { SpareBuffers } from '../../src/memory/spare-buffers.ts';

it('refuses a buffer that lies there already: two would write into it', () => {
  const spare = new SpareBuffers(100);
  const buffer = new SharedArrayBuffer(10);
  spare.keep(buffer);
  expect(() => spare.keep(buffer)).toThrow('given back twice');
});

it('drops what was asked for longest ago when it holds too much', () => {
  const spare = new SpareBuffers(30);
  for (const length of [10, 12]) spare.keep(new SharedArrayBuffer(length));
  spare.keep(spare.take(10)!);
  spare.keep(new SharedArrayBuffer(14));
  expect([spare.take(12), spare.take(10)?.byteLength, spare.take(14)?.byteLength]).toEqual([undefined, 10, 14]);
});

it('gives each buffer to one taker at a time, of the length asked for, and never holds more than it may', () => {
  const step = fc.record({ keep: fc.boolean(), length: fc.integer({ min: 1, max: 12 }) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const spare = new SpareBuffers(40);
      const inside = new Set<SharedArrayBuffer>();
      for (const { keep, length } of steps) {
        if (keep) {
          const buffer = new SharedArrayBuffer(length);
          spare.keep(buffer);
          inside.add(buffer);
          continue;
        }
        const found = spare.take(length);
        if (found) expect([found.byteLength, inside.delete(found)]).toEqual([length, true]);
      }
      let left = 0;
      for (let length = 1; length <= 12; length++)
        for (let found; (found = spare.take(length));) left += found.byteLength;
      expect(left).toBeLessThanOrEqual(40);
    }),
  );
});
