import type { ArrayPiece } from '@tessera/protocol';
import type { PackageContext } from '../context.ts';
import { stripsOf } from './strips.ts';

/** Some rows of a band in float64, one after another without gaps. Read only. */
export interface Strip {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/** A strip, and how its memory is given back. */
interface Held extends Strip {
  release(): void;
}

/** Shows a band strip by strip in float64; the next is on its way while one is worked on, which must not outlast `work`. */
export async function streamBand(
  band: ArrayPiece,
  context: PackageContext,
  work: (strip: Strip, piece: ArrayPiece) => void,
): Promise<void> {
  const { chunk } = await context.job.array(band);
  const pieces = stripsOf(band, chunk);
  let next: Promise<Held> | undefined = hold(pieces[0]!, context);
  try {
    for (const [index, piece] of pieces.entries()) {
      const strip: Held = await next!;
      const following = pieces[index + 1];
      next = following && hold(following, context);
      next?.catch(() => undefined);
      try {
        await context.compute(async () => work(strip, piece));
      } finally {
        strip.release();
      }
    }
  } catch (error) {
    await next?.then((strip) => strip.release()).catch(() => undefined);
    throw error;
  }
}

/** The strip where it lies in its file, or a copy of it. */
async function hold(piece: ArrayPiece, context: PackageContext): Promise<Held> {
  const { rows, cols } = piece;
  // Rows that lie apart would have to be gathered.
  const mapped = await context.map(piece, rows * cols * Float64Array.BYTES_PER_ELEMENT, 'float64');
  if (mapped) return { rows, cols, data: mapped.data as Float64Array, release: () => mapped.unmap() };
  const tile = await context.read(piece, 'float64');
  return { rows, cols, data: tile.data as Float64Array, release: () => undefined };
}
