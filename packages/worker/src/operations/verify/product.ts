import type { ArrayPiece, CheckOutcome, CheckVectors } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { streamBand, type Strip } from './stream.ts';
import { stripSums } from './strip-sums.ts';
import { rowTolerance } from './tolerance.ts';
import { GaussianVectors } from './vectors.ts';

/** What is checked: C = alpha·op(A)·op(B) + beta·C0 for some rows of C, with Y made of op(B) before. */
interface ProductCheck {
  readonly a: ArrayPiece;
  readonly c: ArrayPiece;
  readonly vectors: CheckVectors;
  readonly y: ArrayPiece;
  readonly transA?: boolean | undefined;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly c0?: ArrayPiece | undefined;
}

/**
 * Freivalds' check of some rows of a product: C·r against alpha·op(A)·Y + beta·C0·r, where Y holds op(B)·r for each round
 * and the norms of op(B)'s rows (R. Freivalds, "Probabilistic machines can use less running time", IFIP 1977; Gaussian
 * vectors leave no wrong C that they miss but with probability zero, up to the tolerance).
 */
export async function checkProduct(
  { a, c, vectors, y, transA = false, alpha = 1, beta = 1, c0 }: ProductCheck,
  context: PackageContext,
): Promise<CheckOutcome> {
  const { rounds } = vectors;
  const random = new GaussianVectors(vectors);
  const projected = columnsOf((await context.read(y, 'float64')).data as Float64Array, rounds + 1);
  const difference = new Float64Array(c.rows * rounds);
  const weight = new Float64Array(c.rows);
  const sum = stripSums();
  await streamBand(c, context, (tile, strip) => {
    const { products } = sum(tile, random.part(strip.col, strip.cols));
    addScaled(difference, products, (strip.row - c.row) * rounds, 1);
  });
  if (c0) {
    await streamBand(c0, context, (tile, strip) => {
      const { products, weights } = sum(tile, random.part(strip.col, strip.cols), 'squares');
      addScaled(difference, products, (strip.row - c.row) * rounds, -beta);
      addScaled(weight, weights, strip.row - c.row, 1);
    });
    for (let row = 0; row < c.rows; row++) weight[row] = Math.abs(beta) * Math.sqrt(weight[row]!);
  }
  const subtract = transA ? subtractColumns : subtractRows;
  await streamBand(a, context, (tile, strip) => {
    const first = transA ? strip.col - a.col : strip.row - a.row;
    subtract({ difference, weight, projected, rounds, alpha }, tile, first, transA ? strip.row : strip.col);
  });
  const size = { k: transA ? a.rows : a.cols, n: c.cols, alpha, firstRow: c.row, rounds };
  return judge(difference, weight, size, vectorNorms(random, c.cols), context);
}

/** sums[first + i] += scale · more[i]. */
function addScaled(sums: Float64Array, more: Float64Array, first: number, scale: number): void {
  for (let index = 0; index < more.length; index++) sums[first + index]! += scale * more[index]!;
}

function columnsOf(interleaved: Float64Array, width: number): Float64Array[] {
  return Array.from({ length: width }, (_, column) =>
    Float64Array.from({ length: interleaved.length / width }, (_, row) => interleaved[row * width + column]!),
  );
}

/** The check's sums: C·r less what is known of it, and the weight of each row. */
interface Sums {
  readonly difference: Float64Array;
  readonly weight: Float64Array;
  /** Columns of Y: op(B)·r for each round, and the norms of op(B)'s rows. */
  readonly projected: readonly Float64Array[];
  readonly rounds: number;
  readonly alpha: number;
}

/** difference -= alpha·tile·Y and weight += |alpha|·|tile|·z, for a tile whose rows are rows of op(A). */
function subtractRows(sums: Sums, strip: Strip, first: number, firstK: number): void {
  const { difference, weight, projected, rounds, alpha } = sums;
  const known = projected.map((column) => column.subarray(firstK, firstK + strip.cols));
  const { products, weights } = stripSums()(strip, known.slice(0, rounds), known[rounds]!);
  addScaled(difference, products, first * rounds, -alpha);
  addScaled(weight, weights, first, Math.abs(alpha));
}

/** The same for a tile whose columns are rows of op(A). */
function subtractColumns(sums: Sums, { data, rows, cols }: Strip, first: number, firstK: number): void {
  const { difference, weight, projected, rounds, alpha } = sums;
  for (let row = 0; row < rows; row++) {
    const y = firstK + row;
    const from = row * cols;
    for (let round = 0; round < rounds; round++) {
      const scaled = alpha * projected[round]![y]!;
      for (let col = 0; col < cols; col++) difference[(first + col) * rounds + round]! -= scaled * data[from + col]!;
    }
    const norm = Math.abs(alpha) * projected[rounds]![y]!;
    for (let col = 0; col < cols; col++) weight[first + col]! += norm * Math.abs(data[from + col]!);
  }
}

function judge(
  difference: Float64Array,
  weight: Float64Array,
  size: { k: number; n: number; alpha: number; firstRow: number; rounds: number },
  norms: readonly number[],
  context: PackageContext,
): CheckOutcome {
  let worst = 0;
  let where: CheckOutcome['where'] = null;
  let nonFinite = false;
  let closest: Pick<CheckOutcome, 'residual' | 'tolerance'> = {};
  for (let row = 0; row < weight.length; row++) {
    for (let round = 0; round < size.rounds; round++) {
      const residual = Math.abs(difference[row * size.rounds + round]!);
      const tolerance = rowTolerance(weight[row]!, size, norms[round]!, context.dtype);
      if (tolerance > 0 && residual / tolerance > worst && residual < Infinity) closest = { residual, tolerance };
      // C may hold NaN where no operand does; only the operands' own excuse the check.
      if (!Number.isFinite(weight[row]!)) nonFinite = true;
      else if (!(residual <= tolerance)) {
        where ??= { row: size.firstRow + row, col: null };
        if (Number.isFinite(residual)) worst = Math.max(worst, tolerance > 0 ? residual / tolerance : Number.MAX_VALUE);
      } else if (tolerance > 0) worst = Math.max(worst, residual / tolerance);
    }
  }
  return {
    ok: where === null && !nonFinite,
    worst: Number.isFinite(worst) ? worst : null,
    where,
    nonFinite: nonFinite && where === null,
    ...closest,
  };
}

function vectorNorms(random: GaussianVectors, n: number): number[] {
  return random.part(0, n).map((vector) => Math.sqrt(vector.reduce((sum, element) => sum + element * element, 0)));
}
