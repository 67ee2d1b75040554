import { fillRandom, recycle, scratchTile } from '@tessera/matrix';
import type { Execute } from './context.ts';

/** Makes a region of a random operand and stores it. */
export const generate: Execute<'generate'> = async ({ recipe, sink }, context) => {
  const array = await context.job.array(sink);
  const tile = scratchTile(context.dtype, sink.rows, sink.cols);
  await context.compute(async () => {
    fillRandom({ ...recipe, seed: BigInt(recipe.seed) }, array.shape, sink, tile.data);
  });
  const stored = await context.write(sink, tile);
  recycle(tile);
  return stored;
};
