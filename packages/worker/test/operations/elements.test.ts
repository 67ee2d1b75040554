import type { ArrayPiece } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { jobInMemory } from './job-in-memory.ts';

const piece = (array: string): ArrayPiece => ({ kind: 'array', array, row: 0, col: 0, rows: 6, cols: 7 });
const pieces = { a: piece('A'), b: piece('B'), c: piece('C') };

describe.each([
  ['a sum', undefined],
  ['a difference', -1],
] as const)('%s', (_, beta) => {
  const scalars = beta === undefined ? {} : { beta };

  it.each(['float64', 'float32'] as const)('in %s is exact, and checked exactly', async (dtype) => {
    const job = jobInMemory(dtype);
    await job.array('A', [6, 7], (row, col) => Math.sin(row * 7 + col));
    await job.array('B', [6, 7], (row, col) => (row === 3 && col === 2 ? NaN : Math.cos(row * 7 + col)));
    await job.array('C', [6, 7]);
    await job.run({ kind: 'add', ...pieces, ...scalars });
    const right = await job.run({ kind: 'verify', check: { step: 'elements', ...pieces, ...scalars } });
    expect(right.check).toEqual({ ok: true, worst: 0, where: null, nonFinite: false });

    const { data } = await job.read('C');
    const found = Array.from(data);
    await job.array('C', [6, 7], (row, col) => found[row * 7 + col]! * (row === 5 && col === 1 ? 1 + 2 ** -22 : 1));
    const wrong = await job.run({ kind: 'verify', check: { step: 'elements', ...pieces, ...scalars } });
    expect(wrong.check).toMatchObject({ ok: false, where: { row: 5, col: 1 } });
    await job.close();
  });
});
