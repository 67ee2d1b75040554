import type { Tile } from '@tessera/matrix';
import type { ArrayPiece } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { stripsOf } from './strips.ts';

/** Reads a band strip by strip in float64, each while the one before is worked on. */
export async function streamBand(
  band: ArrayPiece,
  context: PackageContext,
  work: (tile: Tile, strip: ArrayPiece) => void,
): Promise<void> {
  const { chunk } = await context.job.array(band);
  const strips = stripsOf(band, chunk);
  let next = context.read(strips[0]!, 'float64');
  for (const [index, strip] of strips.entries()) {
    const tile = await next;
    const following = strips[index + 1];
    if (following) {
      next = context.read(following, 'float64');
      next.catch(() => undefined);
    }
    await context.compute(async () => work(tile, strip));
  }
}
