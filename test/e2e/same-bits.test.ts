import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './cli.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
});

/** What a product's file hashes to, and how it was made. */
async function product(kernel: string, workers: number) {
  const fleet = ['--kernel', kernel, '--workers', String(workers)];
  const out = `C-${kernel}-${workers}.npy`;
  const made = await desk.json('multiply', '500x400', '400x520', '--seed', '9', ...fleet, '--out', out);
  const sha256 = createHash('sha256')
    .update(readFileSync(desk.path(out)))
    .digest('hex');
  return { sha256, kernel: made['kernel'], packages: made['packages'] };
}

describe('a product has the same bits', () => {
  it('by wasm with one, two and three workers, which take other blocks each time', async () => {
    const products = [await product('wasm', 1), await product('wasm', 2), await product('wasm', 3)];
    expect(new Set(products.map(({ packages }) => packages)).size).toBe(3);
    expect(new Set(products.map(({ sha256 }) => sha256)).size).toBe(1);
  });

  // BLAS rounds an element by its place in the block, and the blocks follow from the number of workers.
  it('by BLAS again and again with three workers, whoever takes which block', async (context) => {
    const products = [await product('blas', 3), await product('blas', 3), await product('blas', 3)];
    if (products[0]!.kernel !== 'blas') context.skip('this machine has no BLAS library');
    expect(new Set(products.map(({ sha256 }) => sha256)).size).toBe(1);
  });
});
