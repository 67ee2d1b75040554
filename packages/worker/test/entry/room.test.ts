import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Room } from '../../src/entry/room.ts';

const SIZE = 100;

describe('Room', () => {
  it('never gives a number twice, and all of them again once all came back', () => {
    // A number above 0 asks for so many; one below gives back one of what is held.
    const steps = fc.array(fc.integer({ min: -8, max: 30 }), { maxLength: 60 });
    fc.assert(
      fc.property(steps, (moves) => {
        const room = new Room(SIZE);
        const held: { at: number; length: number }[] = [];
        for (const move of moves) {
          if (move > 0) {
            const at = room.take(move);
            const free = Array.from({ length: SIZE }, (_, n) => !held.some((h) => n >= h.at && n < h.at + h.length));
            const runs = free.map((_, n) => free.slice(n, n + move).filter(Boolean).length === move);
            expect(at ?? -1).toBe(runs.indexOf(true));
            if (at !== undefined) held.push({ at, length: move });
          } else {
            const [back] = held.splice(-move % Math.max(1, held.length), 1);
            if (back) room.giveBack(back.at, back.length);
          }
        }
        for (const { at, length } of held) room.giveBack(at, length);
        expect(room.take(SIZE)).toBe(0);
      }),
    );
  });
});
