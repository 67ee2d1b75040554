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
  const [left, right, sum] = await Promise.all([context.read(a), context.read(b), context.read(c)]);
  const single = context.dtype === 'float32';
  const at = await context.compute(async () =>
    firstDifference(left.data, right.data, sum.data, { alpha, beta, single }),
  );
  const where =
    at < 0
      ? null
      : { row: rowOf(c) + Math.floor(at / sum.cols), col: (c.kind === 'array' ? c.col : 0) + (at % sum.cols) };
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

function rowOf(source: TileSource): number {
  return source.kind === 'array' ? source.row : 0;
}
