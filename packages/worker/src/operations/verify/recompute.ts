import { allocateTile, type Tile } from '@tessera/matrix';
import type { ArrayPiece, CheckOutcome } from '@tessera/protocol';
import { blockProduct, blockSize, type BlockTask } from '../block-product.ts';
import type { PackageContext } from '../context.ts';
import { gamma, UNIT_ROUNDOFF } from './tolerance.ts';

/**
 * Computes a block again and compares element by element, NaN with NaN and infinity with infinity: what is left when the
 * operands hold numbers that no projection can see through. Two right answers differ by at most
 * 2·gamma_{k+4}·(|alpha||A||B| + |beta||C0|)_ij, see `rowTolerance` for the count of operations.
 */
export async function recompute(
  { c, ...task }: BlockTask & { c: ArrayPiece },
  context: PackageContext,
): Promise<CheckOutcome> {
  const kernel = await context.kernel('multiply');
  const stored = await context.read(c);
  const again = await blockProduct(task, kernel, context, async (block) => block);
  const sizes = { ...task, alpha: Math.abs(task.alpha ?? 1), beta: Math.abs(task.beta ?? 1) };
  const size = await blockProduct(sizes, kernel, context, async (block) => block, absolute);
  const bound = 2 * gamma(blockSize(task).k + 4, UNIT_ROUNDOFF[context.dtype]);
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
