import type { CheckOutcome, TileSource } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';

/**
 * Checks C = alpha·A + beta·B exactly. A sum or difference (alpha = 1, beta = 1 or -1) has one right answer, rounded once
 * to the element type, and NaN answers NaN; other scalars round in the order in which every kernel computes.
 */
export async function checkElements(
  {
    a,
    b,
    c,
    alpha = 1,
    beta = 1,
  }: { a: TileSource; b: TileSource; c: TileSource; alpha?: number | undefined; beta?: number | undefined },
  context: PackageContext,
): Promise<CheckOutcome> {
  const single = context.dtype === 'float32';
  const at = await context.borrowing([a, b, c], ([left, right, sum]) =>
    context.compute(async () =>
      firstDifference(left!.tile.data, right!.tile.data, sum!.tile.data, { alpha, beta, single }),
    ),
  );
  const [row, col, cols] = c.kind === 'array' ? [c.row, c.col, c.cols] : [0, 0, c.cols];
  const where = at < 0 ? null : { row: row + Math.floor(at / cols), col: col + (at % cols) };
  return { ok: at < 0, worst: at < 0 ? 0 : null, where, nonFinite: false };
}

type Numbers = Float64Array | Float32Array;

function firstDifference(
  a: Numbers,
  b: Numbers,
  c: Numbers,
  { alpha, beta, single }: { alpha: number; beta: number; single: boolean },
): number {
  for (let index = 0; index < c.length; index++) {
    const exact = alpha * a[index]! + beta * b[index]!;
    const sum = single ? Math.fround(exact) : exact;
    const found = c[index]!;
    if (sum !== found && (sum === sum || found === found)) return index;
  }
  return -1;
}
