import { allocateTile } from '@tessera/matrix';
import type { ArrayPiece, CheckOutcome, CheckVectors } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { streamBand, type Strip } from './stream.ts';
import { stripSums } from './strip-sums.ts';
import { rowTolerance } from './tolerance.ts';
import { GaussianVectors } from './vectors.ts';

/** What is checked: C = alpha·op(A)·op(B) + beta·C0 for some rows of C. */
interface Check {
  readonly c: ArrayPiece;
  readonly vectors: CheckVectors;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly c0?: ArrayPiece | undefined;
}

/** Rows of op(A), and Y made of op(B) before. */
interface Left {
  readonly a: ArrayPiece;
  readonly transA?: boolean | undefined;
  readonly y: ArrayPiece;
}

/**
 * Freivalds' check of some rows of a product: C·r against alpha·op(A)·Y + beta·C0·r, where Y holds op(B)·r for each round
 * and the norms of op(B)'s rows (R. Freivalds, "Probabilistic machines can use less running time", IFIP 1977; Gaussian
 * vectors leave no wrong C that they miss but with probability zero, up to the tolerance).
 */
export async function checkProduct(check: Check & Left, context: PackageContext): Promise<CheckOutcome> {
  const sums = await sumsOfC(check, context);
  await subtractLeft(sums, check, context);
  return judge(sums, check, check.transA ? check.a.rows : check.a.cols, context);
}

/** A range of k of Z: op(A)·Y for each round, and |op(A)| times the norms. */
export async function applyLeft(left: Left & { z: ArrayPiece }, context: PackageContext): Promise<CheckOutcome> {
  const { z } = left;
  const rounds = z.cols - 1;
  const sums = noSums(z.rows, rounds, -1);
  await subtractLeft(sums, left, context);
  const tile = allocateTile('float64', z.rows, z.cols);
  for (let row = 0; row < z.rows; row++) {
    tile.data.set(sums.difference.subarray(row * rounds, (row + 1) * rounds), row * z.cols);
    tile.data[row * z.cols + rounds] = sums.weight[row]!;
  }
  await context.write(z, tile);
  return { ok: true, worst: null, where: null, nonFinite: !sums.weight.every((weight) => Number.isFinite(weight)) };
}

/**
 * The same check as `checkProduct` where ranges of k were multiplied before: they are summed in the order of k. That is
 * one more order of the same k additions, which the tolerance allows for.
 */
export async function checkTotal(
  check: Check & { k: number; z: ArrayPiece },
  context: PackageContext,
): Promise<CheckOutcome> {
  const sums = await sumsOfC(check, context);
  const { z, k } = check;
  const width = sums.rounds + 1;
  for (let col = 0; col < z.cols; col += width) {
    const { data } = await context.read({ ...z, col: z.col + col, cols: width }, 'float64');
    for (let row = 0; row < z.rows; row++) {
      for (let round = 0; round < sums.rounds; round++)
        sums.difference[row * sums.rounds + round]! -= sums.alpha * data[row * width + round]!;
      sums.weight[row]! += Math.abs(sums.alpha) * data[row * width + sums.rounds]!;
    }
  }
  return judge(sums, check, k, context);
}

/** The check's sums: C·r less what is known of it, and the weight of each row. */
interface Sums {
  readonly difference: Float64Array;
  readonly weight: Float64Array;
  readonly rounds: number;
  readonly alpha: number;
}

function noSums(rows: number, rounds: number, alpha: number): Sums {
  return { difference: new Float64Array(rows * rounds), weight: new Float64Array(rows), rounds, alpha };
}

/** C·r - beta·C0·r, and |beta| times the norms of C0's rows. */
async function sumsOfC({ c, c0, vectors, alpha = 1, beta = 1 }: Check, context: PackageContext): Promise<Sums> {
  const { rounds } = vectors;
  const random = new GaussianVectors(vectors);
  const sums = noSums(c.rows, rounds, alpha);
  const { difference, weight } = sums;
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
  return sums;
}

/** difference -= alpha·op(A)·Y and weight += |alpha|·|op(A)|·norms. */
async function subtractLeft(sums: Sums, { a, transA = false, y }: Left, context: PackageContext): Promise<void> {
  const projected = columnsOf((await context.read(y, 'float64')).data as Float64Array, sums.rounds + 1);
  const subtract = transA ? subtractColumns : subtractRows;
  await streamBand(a, context, (tile, strip) => {
    const [row, col] = [strip.row - a.row, strip.col - a.col];
    subtract(sums, projected, tile, transA ? col : row, transA ? row : col);
  });
}

/** sums[first + i] += scale · more[i]. */
function addScaled(sums: Float64Array, more: Float64Array, first: number, scale: number): void {
  for (let index = 0; index < more.length; index++) sums[first + index]! += scale * more[index]!;
}

/** Columns of Y: op(B)·r for each round, and the norms of op(B)'s rows. */
type Projected = readonly Float64Array[];

function columnsOf(interleaved: Float64Array, width: number): Projected {
  return Array.from({ length: width }, (_, column) =>
    Float64Array.from({ length: interleaved.length / width }, (_, row) => interleaved[row * width + column]!),
  );
}

/** difference -= alpha·tile·Y and weight += |alpha|·|tile|·z, for a tile whose rows are rows of op(A). */
function subtractRows(sums: Sums, projected: Projected, strip: Strip, first: number, firstK: number): void {
  const { difference, weight, rounds, alpha } = sums;
  const known = projected.map((column) => column.subarray(firstK, firstK + strip.cols));
  const { products, weights } = stripSums()(strip, known.slice(0, rounds), known[rounds]!);
  addScaled(difference, products, first * rounds, -alpha);
  addScaled(weight, weights, first, Math.abs(alpha));
}

/** The same for a tile whose columns are rows of op(A). */
function subtractColumns(
  sums: Sums,
  projected: Projected,
  { data, rows, cols }: Strip,
  first: number,
  firstK: number,
): void {
  const { difference, weight, rounds, alpha } = sums;
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
  { difference, weight, rounds, alpha }: Sums,
  { c, vectors }: Pick<Check, 'c' | 'vectors'>,
  k: number,
  context: PackageContext,
): CheckOutcome {
  const size = { k, n: c.cols, alpha };
  const norms = vectorNorms(new GaussianVectors(vectors), c.cols);
  let worst = 0;
  let where: CheckOutcome['where'] = null;
  let nonFinite = false;
  let closest: Pick<CheckOutcome, 'residual' | 'tolerance'> = {};
  for (let row = 0; row < weight.length; row++) {
    for (let round = 0; round < rounds; round++) {
      const residual = Math.abs(difference[row * rounds + round]!);
      const tolerance = rowTolerance(weight[row]!, size, norms[round]!, context.dtype);
      if (tolerance > 0 && residual / tolerance > worst && residual < Infinity) closest = { residual, tolerance };
      // C may hold NaN where no operand does; only the operands' own excuse the check.
      if (!Number.isFinite(weight[row]!)) nonFinite = true;
      else if (!(residual <= tolerance)) {
        where ??= { row: c.row + row, col: null };
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
