import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './cli.ts';
import { writeV2 } from './zarr-v2.ts';

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
async function product(of: readonly string[], kernel: string, workers: number, ...more: string[]) {
  const out = `C-${workers}.npy`;
  const made = await desk.json(...of, '--kernel', kernel, '--workers', String(workers), ...more, '--out', out);
  const sha256 = createHash('sha256')
    .update(readFileSync(desk.path(out)))
    .digest('hex');
  return { sha256, kernel: made['kernel'], packages: made['packages'] };
}

/** Expects products that were cut differently, and have the same bits. */
function expectSame(products: readonly Awaited<ReturnType<typeof product>>[]): void {
  expect(new Set(products.map(({ packages }) => packages)).size).toBeGreaterThan(1);
  expect(new Set(products.map(({ sha256 }) => sha256)).size).toBe(1);
}

function hasKernel({ kernel }: { kernel: unknown }, wanted: string): boolean {
  if (kernel !== wanted) process.stderr.write(`skipped: this machine has no ${wanted} kernel\n`);
  return kernel === wanted;
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
  ])('by %s, %j', async (kernel, { shapes, dtype = 'float64', op = 'multiply' }: Given) => {
    const operands = op === 'gram' ? [shapes[0]] : shapes;
    const of = [op, ...operands, '--seed', '9', '--dtype', dtype];
    const first = await product(of, kernel, 1);
    if (!hasKernel(first, kernel)) return;
    expectSame([first, await product(of, kernel, 2), await product(of, kernel, 5)]);
  });
});

describe('a product has the same bits whatever memory its workers have', () => {
  it('where stored chunks are so long that only some of them have room for whole ones', async () => {
    writeV2(desk.path('A.zarr'), [500, 32_000], [500, 16_000]);
    writeV2(desk.path('B.zarr'), [32_000, 500], [16_000, 500]);
    const of = ['multiply', 'A.zarr', 'B.zarr'];
    const first = await product(of, 'blas', 1, '--memory', '2GiB');
    if (!hasKernel(first, 'blas')) return;
    expectSame([
      first,
      await product(of, 'blas', 2, '--memory', '700MiB'),
      await product(of, 'blas', 5, '--memory', '512MiB'),
    ]);
  });
});
