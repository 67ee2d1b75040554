import { recycle } from '@tessera/matrix';
import { blockProduct, flopsOf } from './block-product.ts';
import type { Execute } from './context.ts';
import { isOnDiagonal, symmetrize, writeMirror } from './mirror.ts';

/** A block of C over a range of k, kept in memory until it is whole, then stored once. */
export const multiply: Execute<'multiply'> = async ({ c, mirror, alone = false, ...task }, context) => {
  const kernel = await context.kernel('multiply');
  const image = mirror && c.kind === 'array' && isOnDiagonal(c, mirror) ? 'own' : 'other';
  const store = async (block: Parameters<typeof writeMirror>[0]) => {
    // The mirror image first: the block's own piece is the proof that both are there.
    if (mirror && image === 'other') await writeMirror(block, mirror, context);
    const stored = await context.write(c, block);
    recycle(block);
    return stored;
  };
  const product = { ...task, upper: image === 'own' };
  const storing = await blockProduct(product, kernel, context, async (block) => {
    if (mirror && image === 'own') symmetrize(block);
    return alone ? { stored: await store(block) } : { block };
  });
  const stored = 'block' in storing ? await store(storing.block) : storing.stored;
  return {
    ...stored,
    ...context.reused,
    kernel: { name: kernel.name, detail: kernel.detail, work: flopsOf(product), unit: 'flop' },
  };
};
