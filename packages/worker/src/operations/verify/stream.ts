import type { ArrayPiece } from '@tessera/protocol';
import type { Borrowed, PackageContext } from '../context.ts';
import { stripsOf } from './strips.ts';

/** Some rows of a band in float64, one after another without gaps. Read only. */
export interface Strip {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
}

/**
 * Shows a band strip by strip in float64; the next is on its way while one is worked on, which must not outlast `work`. A strip
 * takes milliseconds and waits for no turn: else a check that came while a block is computed would wait for all of that.
 */
export async function streamBand(
  band: ArrayPiece,
  context: PackageContext,
  work: (strip: Strip, piece: ArrayPiece) => void,
): Promise<void> {
  const pieces = stripsOf(band, await context.job.array(band));
  const borrow = (piece: ArrayPiece) => context.borrow(piece, 'float64');
  let next: Promise<Borrowed> | undefined = borrow(pieces[0]!);
  try {
    for (const [index, piece] of pieces.entries()) {
      const { tile, release }: Borrowed = await next!;
      const strip = { rows: tile.rows, cols: tile.cols, data: tile.data as Float64Array };
      const following = pieces[index + 1];
      next = following && borrow(following);
      next?.catch(() => undefined);
      try {
        await context.computing(async () => work(strip, piece));
      } finally {
        release();
      }
    }
  } catch (error) {
    await next?.then(({ release }) => release()).catch(() => undefined);
    throw error;
  }
}
