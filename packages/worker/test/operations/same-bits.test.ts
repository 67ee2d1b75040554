import fc from 'fast-check';
import type { ArrayPiece, PackageBody } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import type { Gemm, Kernel } from '../../src/kernels/index.ts';
import { openLoops } from '../../src/kernels/loops.ts';
import { cellsOf } from '../../src/kernels/split-gemm.ts';
import { jobInMemory } from './job-in-memory.ts';

/** A kernel that rounds an element of C by its place in the call and by the call's size, as some libraries do. */
function placed(): Kernel {
  const loops = openLoops({ threads: 1 });
  return {
    ...loops,
    async gemm(job: Gemm) {
      for (const part of cellsOf(job)) {
        await loops.gemm(part);
        for (let row = 0; row < part.m; row++)
          for (let col = 0; col < part.n; col++)
            part.c[part.cOffset + row * part.ldc + col]! *=
              1 + ((row * 7 + col * 3 + part.m * 5 + part.n) % 11) * 1e-12;
      }
    },
  };
}

interface Given {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly cell: { readonly rows: number; readonly cols: number; readonly k: number };
  readonly kRange: number;
  readonly transA: boolean;
  readonly transB: boolean;
  readonly addend: boolean;
}

const size = fc.integer({ min: 1, max: 30 });
const given: fc.Arbitrary<Given> = fc
  .record({
    m: size,
    n: size,
    k: size,
    cell: fc.record({ rows: size, cols: size, k: fc.integer({ min: 1, max: 12 }) }),
    calls: fc.integer({ min: 1, max: 4 }),
    transA: fc.boolean(),
    transB: fc.boolean(),
    addend: fc.boolean(),
  })
  .map(({ calls, ...rest }) => ({ ...rest, kRange: calls * rest.cell.k }));

/**
 * A product in blocks of so many cells, by packages that each sum one range of k, which are then reduced, or all of them.
 */
async function product(task: Given, cells: { rows: number; cols: number; k: number }, isSplit: boolean) {
  const { m, n, k, cell, kRange, transA, transB, addend } = task;
  const job = jobInMemory('float64', undefined, placed());
  const elementOf = (seed: number) => (row: number, col: number) => Math.sin(seed + row * 12.9898 + col * 78.233);
  await job.array('A', transA ? [k, m] : [m, k], elementOf(1));
  await job.array('B', transB ? [n, k] : [k, n], elementOf(2));
  await job.array('C0', [m, n], elementOf(3));
  const block = { rows: cell.rows * cells.rows, cols: cell.cols * cells.cols };
  const chunk = [Math.min(m, block.rows), Math.min(n, block.cols)] as const;
  await job.array('C', [m, n], () => NaN, chunk);
  const ranges = Math.ceil(k / kRange);
  for (let range = 0; range < ranges; range++) await job.array(`P${range}`, [m, n], () => NaN, chunk);
  const piece = (
    array: string,
    row: number,
    col: number,
    rows: number,
    cols: number,
    isTransposed = false,
  ): ArrayPiece => ({
    kind: 'array',
    array,
    ...(isTransposed ? { row: col, col: row, rows: cols, cols: rows } : { row, col, rows, cols }),
  });
  for (let row = 0; row < m; row += block.rows)
    for (let col = 0; col < n; col += block.cols) {
      const [rows, cols] = [Math.min(block.rows, m - row), Math.min(block.cols, n - col)];
      const over = (from: number, length: number, c: ArrayPiece): PackageBody => ({
        kind: 'multiply',
        a: piece('A', row, from, rows, length, transA),
        b: piece('B', from, col, length, cols, transB),
        c,
        kStep: cell.k * cells.k,
        kRange,
        cell,
        transA,
        transB,
        ...(addend && from === 0 ? { c0: piece('C0', row, col, rows, cols), beta: 0.3 } : {}),
      });
      const c = piece('C', row, col, rows, cols);
      if (!isSplit) {
        await job.run(over(0, k, c));
        continue;
      }
      const parts = Array.from({ length: ranges }, (_, range) => piece(`P${range}`, row, col, rows, cols));
      for (const [range, part] of parts.entries())
        await job.run(over(range * kRange, Math.min(kRange, k - range * kRange), part));
      await job.run({ kind: 'reduce', parts, c });
    }
  const { data } = await job.read('C');
  await job.close();
  return data;
}

describe('a product of the same cells, steps and ranges', () => {
  it('has the same bits in blocks of any size, its ranges summed by one worker or by several, with a kernel that rounds by place', async () => {
    const count = fc.integer({ min: 1, max: 4 });
    const cells = fc.record({ rows: count, cols: count, k: count });
    await fc.assert(
      fc.asyncProperty(given, cells, cells, fc.boolean(), async (task, some, others, isSplit) => {
        expect(await product(task, others, isSplit)).toEqual(await product(task, some, false));
      }),
      { numRuns: 60 },
    );
  });
});
