import type { Tile } from '@tessera/matrix';
import type { ArrayPiece, CheckOutcome, CheckVectors } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { streamBand } from './stream.ts';
import { rowTolerance } from './tolerance.ts';
import { checkVectors } from './vectors.ts';

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
  const projected = (await context.read(y, 'float64')).data as Float64Array;
  const difference = new Float64Array(c.rows * rounds);
  const weight = new Float64Array(c.rows);
  await streamBand(c, context, (tile, strip) => {
    addProjection(difference, tile, strip.row - c.row, checkVectors(vectors, strip.col, strip.cols), 1);
  });
  if (c0) {
    await streamBand(c0, context, (tile, strip) => {
      addProjection(difference, tile, strip.row - c.row, checkVectors(vectors, strip.col, strip.cols), -beta);
      addSquares(weight, tile, strip.row - c.row);
    });
    for (let row = 0; row < c.rows; row++) weight[row] = Math.abs(beta) * Math.sqrt(weight[row]!);
  }
  const subtract = transA ? subtractColumns : subtractRows;
  await streamBand(a, context, (tile, strip) => {
    const first = transA ? strip.col - a.col : strip.row - a.row;
    subtract({ difference, weight, projected, rounds, alpha }, tile, first, transA ? strip.row : strip.col);
  });
  const size = { k: transA ? a.rows : a.cols, n: c.cols, alpha, firstRow: c.row, rounds };
  return judge(difference, weight, size, vectorNorms(vectors, c.cols), context);
}

/** difference += scale · tile·r for each round. */
function addProjection(
  difference: Float64Array,
  { data, rows, cols }: Tile,
  first: number,
  r: readonly Float64Array[],
  scale: number,
): void {
  for (let row = 0; row < rows; row++) {
    const from = row * cols;
    for (let round = 0; round < r.length; round++) {
      const vector = r[round]!;
      let sum = 0;
      for (let col = 0; col < cols; col++) sum += data[from + col]! * vector[col]!;
      difference[(first + row) * r.length + round]! += scale * sum;
    }
  }
}

function addSquares(squares: Float64Array, { data, rows, cols }: Tile, first: number): void {
  for (let row = 0; row < rows; row++) {
    let sum = 0;
    for (let at = row * cols; at < (row + 1) * cols; at++) sum += data[at]! * data[at]!;
    squares[first + row]! += sum;
  }
}

/** The check's sums: C·r less what is known of it, and the weight of each row. */
interface Sums {
  readonly difference: Float64Array;
  readonly weight: Float64Array;
  readonly projected: Float64Array;
  readonly rounds: number;
  readonly alpha: number;
}

/** difference -= alpha·tile·Y and weight += |alpha|·|tile|·z, for a tile whose rows are rows of op(A). */
function subtractRows(sums: Sums, { data, rows, cols }: Tile, first: number, firstK: number): void {
  const { difference, weight, projected, rounds, alpha } = sums;
  const width = rounds + 1;
  for (let row = 0; row < rows; row++) {
    const from = row * cols;
    for (let round = 0; round < rounds; round++) {
      let sum = 0;
      for (let col = 0; col < cols; col++) sum += data[from + col]! * projected[(firstK + col) * width + round]!;
      difference[(first + row) * rounds + round]! -= alpha * sum;
    }
    let size = 0;
    for (let col = 0; col < cols; col++)
      size += Math.abs(data[from + col]!) * projected[(firstK + col) * width + rounds]!;
    weight[first + row]! += Math.abs(alpha) * size;
  }
}

/** The same for a tile whose columns are rows of op(A). */
function subtractColumns(sums: Sums, { data, rows, cols }: Tile, first: number, firstK: number): void {
  const { difference, weight, projected, rounds, alpha } = sums;
  const width = rounds + 1;
  for (let row = 0; row < rows; row++) {
    const y = (firstK + row) * width;
    const from = row * cols;
    for (let round = 0; round < rounds; round++) {
      const scaled = alpha * projected[y + round]!;
      for (let col = 0; col < cols; col++) difference[(first + col) * rounds + round]! -= scaled * data[from + col]!;
    }
    const norm = Math.abs(alpha) * projected[y + rounds]!;
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

function vectorNorms(vectors: CheckVectors, n: number): number[] {
  return checkVectors(vectors, 0, n).map((vector) =>
    Math.sqrt(vector.reduce((sum, element) => sum + element * element, 0)),
  );
}
