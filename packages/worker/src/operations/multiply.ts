import { blockProduct } from './block-product.ts';
import type { Execute } from './context.ts';

/** A block of C over a range of k, kept in memory until it is whole, then stored once. */
export const multiply: Execute<'multiply'> = async ({ a, b, c, kStep }, context) => {
  const kernel = await context.kernel('multiply');
  const block = await blockProduct(a, b, kStep, kernel, context);
  const work = 2 * a.rows * b.cols * a.cols;
  return {
    ...(await context.write(c, block)),
    kernel: { name: kernel.name, detail: kernel.detail, work, unit: 'flop' },
  };
};
