import type { CheckOutcome, TileSource } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';

/** Checks C = A + B exactly: rounding a sum has one right answer, and NaN answers NaN. */
export async function checkElements(
  { a, b, c }: { a: TileSource; b: TileSource; c: TileSource },
  context: PackageContext,
): Promise<CheckOutcome> {
  const [left, right, sum] = await Promise.all([context.read(a), context.read(b), context.read(c)]);
  const single = context.dtype === 'float32';
  const at = await context.compute(async () => firstDifference(left.data, right.data, sum.data, single));
  const where =
    at < 0
      ? null
      : { row: rowOf(c) + Math.floor(at / sum.cols), col: (c.kind === 'array' ? c.col : 0) + (at % sum.cols) };
  return { ok: at < 0, worst: at < 0 ? 0 : null, where, nonFinite: false };
}

type Numbers = Float64Array | Float32Array;

function firstDifference(a: Numbers, b: Numbers, c: Numbers, single: boolean): number {
  for (let index = 0; index < c.length; index++) {
    const exact = a[index]! + b[index]!;
    const sum = single ? Math.fround(exact) : exact;
    const found = c[index]!;
    if (sum !== found && (sum === sum || found === found)) return index;
  }
  return -1;
}

function rowOf(source: TileSource): number {
  return source.kind === 'array' ? source.row : 0;
}
