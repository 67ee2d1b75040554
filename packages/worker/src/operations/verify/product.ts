import type { ArrayPiece, CheckOutcome, CheckVectors } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { streamBand } from './stream.ts';
import { rowTolerance } from './tolerance.ts';
import { checkVectors } from './vectors.ts';

/**
 * Freivalds' check of some rows of a product: C·r against A·Y, where Y holds B·r for each round and the norms of B's rows
 * (R. Freivalds, "Probabilistic machines can use less running time", IFIP 1977; Gaussian vectors leave no wrong C that
 * they miss but with probability zero, up to the tolerance).
 */
export async function checkProduct(
  { a, c, vectors, y }: { a: ArrayPiece; c: ArrayPiece; vectors: CheckVectors; y: ArrayPiece },
  context: PackageContext,
): Promise<CheckOutcome> {
  const { rounds } = vectors;
  const width = rounds + 1;
  const projected = (await context.read(y, 'float64')).data;
  const difference = new Float64Array(c.rows * rounds);
  const weight = new Float64Array(c.rows);
  await streamBand(c, context, (piece, strip) => {
    const r = checkVectors(vectors, strip.col, strip.cols);
    for (let row = 0; row < strip.rows; row++) {
      const from = row * strip.cols;
      for (let round = 0; round < rounds; round++) {
        const vector = r[round]!;
        let sum = 0;
        for (let col = 0; col < strip.cols; col++) sum += piece.data[from + col]! * vector[col]!;
        difference[(strip.row - c.row + row) * rounds + round]! += sum;
      }
    }
  });
  await streamBand(a, context, (piece, strip) => {
    for (let row = 0; row < strip.rows; row++) {
      const at = strip.row - a.row + row;
      const from = row * strip.cols;
      for (let round = 0; round < rounds; round++) {
        let sum = 0;
        for (let col = 0; col < strip.cols; col++)
          sum += piece.data[from + col]! * projected[(strip.col + col) * width + round]!;
        difference[at * rounds + round]! -= sum;
      }
      let size = 0;
      for (let col = 0; col < strip.cols; col++)
        size += Math.abs(piece.data[from + col]!) * projected[(strip.col + col) * width + rounds]!;
      weight[at]! += size;
    }
  });
  return judge(
    difference,
    weight,
    { k: a.cols, n: c.cols, firstRow: c.row, rounds },
    vectorNorms(vectors, c.cols),
    context,
  );
}

function judge(
  difference: Float64Array,
  weight: Float64Array,
  size: { k: number; n: number; firstRow: number; rounds: number },
  norms: readonly number[],
  context: PackageContext,
): CheckOutcome {
  let worst = 0;
  let where: CheckOutcome['where'] = null;
  let nonFinite = false;
  for (let row = 0; row < weight.length; row++) {
    for (let round = 0; round < size.rounds; round++) {
      const residual = Math.abs(difference[row * size.rounds + round]!);
      const tolerance = rowTolerance(weight[row]!, size, norms[round]!, context.dtype);
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
  };
}

function vectorNorms(vectors: CheckVectors, n: number): number[] {
  return checkVectors(vectors, 0, n).map((vector) =>
    Math.sqrt(vector.reduce((sum, element) => sum + element * element, 0)),
  );
}
