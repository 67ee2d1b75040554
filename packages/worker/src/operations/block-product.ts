import { allocateTile, type Tile } from '@tessera/matrix';
import type { TileSource } from '@tessera/protocol';
import type { Kernel } from '../kernels/index.ts';
import type { PackageContext } from './context.ts';

/** A range of k of both operands. */
interface Step {
  readonly a: Tile;
  readonly b: Tile;
}

/**
 * The product of two pieces, in steps of k from the lowest up; while the kernel works on one step the next is read.
 * @param prepare changes the operands of a step before they are multiplied (a check multiplies their absolute values)
 * @returns a tile of a.rows x b.cols
 */
export async function blockProduct(
  a: TileSource,
  b: TileSource,
  kStep: number,
  kernel: Kernel,
  context: PackageContext,
  prepare: (tile: Tile) => Tile = (tile) => tile,
): Promise<Tile> {
  const k = a.cols;
  const read = async (start: number): Promise<Step> => {
    const size = Math.min(kStep, k - start);
    const [left, right] = await Promise.all([columns(a, start, size, context), rows(b, start, size, context)]);
    return { a: prepare(left), b: prepare(right) };
  };
  let next = read(0);
  const c = allocateTile(context.dtype, a.rows, b.cols);
  for (let start = 0; start < k; start += kStep) {
    const step = await next;
    if (start + kStep < k) {
      next = read(start + kStep);
      // Awaited in the next round; until then a failure must not count as unhandled.
      next.catch(() => undefined);
    }
    await context.compute(() => accumulate(step, c, start === 0 ? 0 : 1, kernel));
  }
  return c;
}

function accumulate(step: Step, c: Tile, beta: 0 | 1, kernel: Kernel): Promise<void> {
  return kernel.gemm({
    m: c.rows,
    n: c.cols,
    k: step.a.cols,
    alpha: 1,
    beta,
    a: step.a.data,
    aOffset: 0,
    lda: step.a.cols,
    transA: false,
    b: step.b.data,
    bOffset: 0,
    ldb: c.cols,
    transB: false,
    c: c.data,
    cOffset: 0,
    ldc: c.cols,
  });
}

async function columns(source: TileSource, start: number, size: number, context: PackageContext): Promise<Tile> {
  if (source.kind === 'array') return context.read({ ...source, col: source.col + start, cols: size });
  const whole = await context.read(source);
  if (size === whole.cols) return whole;
  const part = allocateTile(whole.dtype, whole.rows, size);
  for (let row = 0; row < whole.rows; row++) {
    const from = row * whole.cols + start;
    part.data.set(whole.data.subarray(from, from + size), row * size);
  }
  return part;
}

async function rows(source: TileSource, start: number, size: number, context: PackageContext): Promise<Tile> {
  if (source.kind === 'array') return context.read({ ...source, row: source.row + start, rows: size });
  const whole = await context.read(source);
  return { ...whole, rows: size, data: whole.data.subarray(start * whole.cols, (start + size) * whole.cols) };
}
