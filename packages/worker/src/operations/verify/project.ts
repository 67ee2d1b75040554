import { allocateTile } from '@tessera/matrix';
import type { ArrayPiece, CheckOutcome, CheckVectors } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { streamBand } from './stream.ts';
import { checkVectors } from './vectors.ts';

/**
 * Rows of Y = [B·r_1 ... B·r_R | z]: what a product's check needs of B, with z the 2-norm of each row. A row whose norm is
 * no finite number says so in the outcome.
 */
export async function project(
  { b, vectors, y }: { b: ArrayPiece; vectors: CheckVectors; y: ArrayPiece },
  context: PackageContext,
): Promise<CheckOutcome> {
  const { rounds } = vectors;
  const width = rounds + 1;
  const tile = allocateTile('float64', b.rows, width);
  const out = tile.data as Float64Array;
  await streamBand(b, context, (piece, strip) => {
    const r = checkVectors(vectors, strip.col, strip.cols);
    const numbers = piece.data;
    for (let row = 0; row < strip.rows; row++) {
      const at = (strip.row - b.row + row) * width;
      const from = row * strip.cols;
      for (let round = 0; round < rounds; round++) {
        const vector = r[round]!;
        let sum = 0;
        for (let col = 0; col < strip.cols; col++) sum += numbers[from + col]! * vector[col]!;
        out[at + round]! += sum;
      }
      let squares = 0;
      for (let col = 0; col < strip.cols; col++) squares += numbers[from + col]! * numbers[from + col]!;
      out[at + rounds]! += squares;
    }
  });
  let nonFinite = false;
  for (let row = 0; row < b.rows; row++) {
    const norm = Math.sqrt(out[row * width + rounds]!);
    out[row * width + rounds] = norm;
    nonFinite ||= !Number.isFinite(norm);
  }
  await context.write(y, tile);
  return { ok: true, worst: null, where: null, nonFinite };
}
