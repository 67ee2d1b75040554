import { allocateTile, type Tile } from '@tessera/matrix';
import type { ArrayPiece, CheckOutcome } from '@tessera/protocol';
import { blockProduct } from '../block-product.ts';
import type { PackageContext } from '../context.ts';
import { gamma, UNIT_ROUNDOFF } from './tolerance.ts';

/**
 * Computes a block again and compares element by element, NaN with NaN and infinity with infinity: what is left when the
 * operands hold numbers that no projection can see through. Two right answers differ by at most 2·gamma_k·(|A||B|)_ij.
 */
export async function recompute(
  { a, b, c, kStep }: { a: ArrayPiece; b: ArrayPiece; c: ArrayPiece; kStep: number },
  context: PackageContext,
): Promise<CheckOutcome> {
  const kernel = await context.kernel('multiply');
  const stored = await context.read(c);
  const again = await blockProduct(a, b, kStep, kernel, context);
  const size = await blockProduct(a, b, kStep, kernel, context, absolute);
  const bound = 2 * gamma(a.cols + 2, UNIT_ROUNDOFF[context.dtype]);
  let worst = 0;
  for (let index = 0; index < stored.data.length; index++) {
    const [found, expected] = [stored.data[index]!, again.data[index]!];
    if (Object.is(found, expected) || found === expected) continue;
    const tolerance = bound * size.data[index]!;
    const off = Math.abs(found - expected) / tolerance;
    if (off <= 1) worst = Math.max(worst, off);
    else {
      const where = { row: c.row + Math.floor(index / c.cols), col: c.col + (index % c.cols) };
      return { ok: false, worst: Number.isFinite(off) ? off : null, where, nonFinite: false };
    }
  }
  return { ok: true, worst, where: null, nonFinite: false };
}

function absolute(tile: Tile): Tile {
  const other = allocateTile(tile.dtype, tile.rows, tile.cols);
  for (let index = 0; index < tile.data.length; index++) other.data[index] = Math.abs(tile.data[index]!);
  return other;
}
