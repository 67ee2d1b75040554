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

interface Given {
  readonly shapes: readonly [string, string];
  readonly dtype?: string;
  readonly op?: string;
}

/** What a product's file hashes to, and how it was made. */
async function product({ shapes, dtype = 'float64', op = 'multiply' }: Given, kernel: string, workers: number) {
  const fleet = ['--kernel', kernel, '--workers', String(workers)];
  const out = `C-${workers}.npy`;
  const operands = op === 'gram' ? [shapes[0]] : shapes;
  const made = await desk.json(op, ...operands, '--seed', '9', '--dtype', dtype, ...fleet, '--out', out);
  const sha256 = createHash('sha256')
    .update(readFileSync(desk.path(out)))
    .digest('hex');
  return { sha256, kernel: made['kernel'], packages: made['packages'] };
}

// Cut into other blocks for each fleet; the second is cut in k too, where one worker sums all ranges and more do not.
const square = ['700x600', '600x1300'] as const;
const long = ['90x100000', '100000x80'] as const;

describe('a product has the same bits with one, two and five workers', () => {
  it.each([
    ['wasm', { shapes: square }],
    ['loops', { shapes: long, dtype: 'float32' }],
    ['blas', { shapes: square }],
    ['blas', { shapes: square, dtype: 'float32' }],
    ['blas', { shapes: long }],
    ['blas', { shapes: ['600x1100', ''] as const, op: 'gram' }],
  ])('by %s, %j', async (kernel, given: Given) => {
    const first = await product(given, kernel, 1);
    if (first.kernel !== kernel) {
      process.stderr.write(`skipped: this machine has no ${kernel} kernel\n`);
      return;
    }
    const products = [first];
    for (const workers of [2, 5]) products.push(await product(given, kernel, workers));
    expect(new Set(products.map(({ packages }) => packages)).size).toBeGreaterThan(1);
    expect(new Set(products.map(({ sha256 }) => sha256)).size).toBe(1);
  });
});
