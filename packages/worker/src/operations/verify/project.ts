import { allocateTile } from '@tessera/matrix';
import type { ArrayPiece, CheckOutcome, CheckVectors } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { streamBand, type Strip } from './stream.ts';
import { stripSums } from './strip-sums.ts';
import { GaussianVectors } from './vectors.ts';

/**
 * Rows of Y = [op(B)·r_1 ... op(B)·r_R | z]: what a product's check needs of B, with z the 2-norm of each row of op(B). A
 * row whose norm is no finite number says so in the outcome.
 */
export async function project(
  {
    b,
    transB = false,
    vectors,
    y,
  }: { b: ArrayPiece; transB?: boolean | undefined; vectors: CheckVectors; y: ArrayPiece },
  context: PackageContext,
): Promise<CheckOutcome> {
  const { rounds } = vectors;
  const random = new GaussianVectors(vectors);
  const width = rounds + 1;
  const tile = allocateTile('float64', y.rows, width);
  const out = tile.data as Float64Array;
  const add = transB ? addColumns : addRows;
  await streamBand(b, context, (piece, strip) => {
    const r = transB ? random.part(strip.row, strip.rows) : random.part(strip.col, strip.cols);
    add(out, piece, transB ? strip.col - b.col : strip.row - b.row, r);
  });
  let nonFinite = false;
  for (let row = 0; row < y.rows; row++) {
    const norm = Math.sqrt(out[row * width + rounds]!);
    out[row * width + rounds] = norm;
    nonFinite ||= !Number.isFinite(norm);
  }
  await context.write(y, tile);
  return { ok: true, worst: null, where: null, nonFinite };
}

/** Adds to rows of Y, from `first` on, what the strip's columns give: its rows are rows of op(B). */
function addRows(out: Float64Array, strip: Strip, first: number, r: readonly Float64Array[]): void {
  const { products, weights } = stripSums()(strip, r, 'squares');
  for (let row = 0; row < strip.rows; row++) {
    const at = (first + row) * (r.length + 1);
    for (let round = 0; round < r.length; round++) out[at + round]! += products[row * r.length + round]!;
    out[at + r.length]! += weights[row]!;
  }
}

/** The same for a strip whose columns are rows of op(B). */
function addColumns(out: Float64Array, { data, rows, cols }: Strip, first: number, r: readonly Float64Array[]): void {
  const rounds = r.length;
  for (let row = 0; row < rows; row++) {
    const from = row * cols;
    for (let col = 0; col < cols; col++) {
      const at = (first + col) * (rounds + 1);
      const element = data[from + col]!;
      for (let round = 0; round < rounds; round++) out[at + round]! += element * r[round]![row]!;
      out[at + rounds]! += element * element;
    }
  }
}
