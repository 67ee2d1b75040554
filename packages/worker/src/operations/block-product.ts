import { allocateTile, recycle, scratchTile, type Elements, type MappedTile, type Tile } from '@tessera/matrix';
import type { TileSource } from '@tessera/protocol';
import type { Kernel } from '../kernels/index.ts';
import type { PackageContext } from './context.ts';
import type { HeldTile } from './tile-cache.ts';

/** A block of a product, C[m x n] = alpha·op(A)·op(B) + beta·C0, as packages and checks name it. */
export interface BlockTask {
  readonly a: TileSource;
  readonly b: TileSource;
  readonly kStep: number;
  /** Elements of k, whole steps, that are summed from zero; their sums are added in order. All of them when absent. */
  readonly kRange?: number | undefined;
  /** What one call may compute: the block is whole cells of C, its steps are whole ones of k. */
  readonly cell?: { readonly rows: number; readonly cols: number; readonly k: number } | undefined;
  /** Whether what lies below the diagonal of a square block may be left as it is. */
  readonly upper?: boolean | undefined;
  readonly transA?: boolean | undefined;
  readonly transB?: boolean | undefined;
  readonly alpha?: number | undefined;
  readonly beta?: number | undefined;
  readonly c0?: TileSource | undefined;
  /** Bytes of operand pieces that may be kept for other packages. */
  readonly cacheBytes?: number | undefined;
  /** Bytes of operand files that may be mapped at once. */
  readonly mapBytes?: number | undefined;
}

/** A part of an operand, as stored: row i starts at `offset + i * stride` of `data`. */
interface Part {
  readonly data: Elements;
  readonly offset: number;
  readonly stride: number;
}

/** A range of k of both operands. */
interface Step {
  readonly a: Part;
  readonly b: Part;
  readonly k: number;
  /** To be called when they were multiplied. */
  release(): void;
}

/** How a block's sizes follow from its pieces. */
export function blockSize({ a, b, transA, transB }: BlockTask): { m: number; n: number; k: number } {
  return {
    m: transA ? a.cols : a.rows,
    n: transB ? b.rows : b.cols,
    k: transA ? a.rows : a.cols,
  };
}

/**
 * Computes a block, in steps of k from the lowest up; while the kernel works on one step the next is read. Its first step
 * is read before its turn to compute comes, while the block before it computes: then it holds one pair of operand pieces
 * and no block (`multiplyBytes` in the planner counts on this). A piece whose rows lie together in a file (a chunk of a
 * Zarr array that is stored as it is) is mapped rather than read, where the kernel takes it from there.
 * @param prepare changes what is read before it is multiplied (a check multiplies absolute values)
 * @param inTurn what else is done before another package may compute: its result is returned
 */
export async function blockProduct<T>(
  task: BlockTask,
  kernel: Kernel,
  context: PackageContext,
  inTurn: (block: Tile) => Promise<T>,
  prepare?: (tile: Tile) => Tile,
): Promise<T> {
  const { m, n, k } = blockSize(task);
  const endOf = stepsOf(task);
  const maps = !prepare && ((await kernel.takesAnyMemory?.()) ?? false);
  if (task.mapBytes && maps) {
    const operands = await mapOperands(task, task.mapBytes, context);
    if (operands) return mappedProduct(task, operands, kernel, context, inTurn);
  }
  const how = { maps, prepare: prepare ?? ((tile: Tile) => tile) };
  const fetch = (start: number) => {
    const step = fetchStep(task, start, endOf(start) - start, context, how);
    // Awaited in the next round; until then a failure must not count as unhandled.
    step.catch(() => undefined);
    return step;
  };
  let next: Promise<Step> | undefined = fetch(0);
  try {
    await next;
    return await context.inTurn(async () => {
      const c = task.c0 ? how.prepare(await context.read(task.c0)) : scratchTile(context.dtype, m, n);
      await sumOverK(task, c, kernel, context, async (start) => {
        const step = await next!;
        next = endOf(start) < k ? fetch(endOf(start)) : undefined;
        return step;
      });
      return inTurn(c);
    });
  } catch (error) {
    // What is mapped would stay so.
    await next?.then(({ release }) => release()).catch(() => undefined);
    throw error;
  }
}

/**
 * The same where both operands lie in files that can be mapped: nothing is read, the kernel takes what it needs straight
 * from the page cache. The steps in k are the same, so the bits are too. C stays in memory of our own until it is whole: a
 * copy of this package that runs somewhere else must never show a half computed block in a result that was verified.
 */
async function mappedProduct<T>(
  task: BlockTask,
  { a, b }: MappedOperands,
  kernel: Kernel,
  context: PackageContext,
  inTurn: (block: Tile) => Promise<T>,
): Promise<T> {
  const { m, n } = blockSize(task);
  const endOf = stepsOf(task);
  try {
    return await context.inTurn(async () => {
      const c = task.c0 ? await context.read(task.c0) : scratchTile(context.dtype, m, n);
      await sumOverK(task, c, kernel, context, async (start) => ({
        a: { ...a, offset: start * (task.transA ? a.stride : 1) },
        b: { ...b, offset: start * (task.transB ? 1 : b.stride) },
        k: endOf(start) - start,
        release: () => undefined,
      }));
      return inTurn(c);
    });
  } finally {
    a.unmap();
    b.unmap();
  }
}

interface MappedOperands {
  readonly a: MappedTile;
  readonly b: MappedTile;
}

async function mapOperands(
  task: BlockTask,
  mostBytes: number,
  context: PackageContext,
): Promise<MappedOperands | undefined> {
  const a = await context.map(task.a, mostBytes);
  if (!a) return undefined;
  let b: MappedTile | undefined;
  try {
    b = await context.map(task.b, mostBytes - a.data.byteLength);
  } finally {
    if (!b) a.unmap();
  }
  return b && { a, b };
}

/**
 * c := alpha·op(A)·op(B) + beta·c, in steps of k from the lowest up. Beyond the first range of k each has a sum of its own,
 * which is added when it is whole: so a worker that computes all ranges gives the same bits as several and a `reduce`.
 * @param stepAt gives the step of k that starts there; it is released when it was multiplied
 */
async function sumOverK(
  task: BlockTask,
  c: Tile,
  kernel: Kernel,
  context: PackageContext,
  stepAt: (start: number) => Promise<Step>,
): Promise<void> {
  const { k } = blockSize(task);
  const { kRange = k } = task;
  const endOf = stepsOf(task);
  const part = k > kRange ? scratchTile(c.dtype, c.rows, c.cols) : undefined;
  for (let start = 0; start < k; start = endOf(start)) {
    const step = await stepAt(start);
    const sum = start < kRange ? c : part!;
    const beta = start % kRange > 0 ? 1 : start > 0 || !task.c0 ? 0 : (task.beta ?? 1);
    try {
      await context.computing(() => accumulate(task, step, sum, beta, kernel));
    } finally {
      step.release();
    }
    const end = endOf(start);
    if (sum === part && (end === k || end % kRange === 0)) await addTo(c, part, context);
  }
  if (part) recycle(part);
}

/** Where the step ends that starts at an element of k: steps begin anew with each range. */
function stepsOf(task: BlockTask): (start: number) => number {
  const { k } = blockSize(task);
  const { kStep, kRange = k } = task;
  return (start) => Math.min(k, start + kStep, (Math.floor(start / kRange) + 1) * kRange);
}

async function addTo(c: Tile, part: Tile, context: PackageContext): Promise<void> {
  const kernel = await context.kernel('add');
  const { rows, cols } = c;
  const [a, b] = [
    { a: c.data, aOffset: 0, lda: cols },
    { b: part.data, bOffset: 0, ldb: cols },
  ];
  await context.computing(() =>
    kernel.add({ rows, cols, alpha: 1, ...a, beta: 1, ...b, c: c.data, cOffset: 0, ldc: cols }),
  );
}

/**
 * c := alpha·op(A)·op(B) + beta·c over one step of k, in calls that follow from the cells; in one call where the kernel sums
 * pieces of k by itself, for C is passed over in each.
 */
async function accumulate(task: BlockTask, step: Step, c: Tile, beta: number, kernel: Kernel): Promise<void> {
  const { alpha = 1, transA = false, transB = false, cell } = task;
  for (const { row, rows, col } of bandsOf(task)) {
    const call = (start: number, k: number) => ({
      m: rows,
      n: c.cols - col,
      k,
      alpha,
      beta: start > 0 ? 1 : beta,
      a: step.a.data,
      aOffset: step.a.offset + (transA ? start * step.a.stride + row : row * step.a.stride + start),
      lda: step.a.stride,
      transA,
      b: step.b.data,
      bOffset: step.b.offset + (transB ? col * step.b.stride + start : start * step.b.stride + col),
      ldb: step.b.stride,
      transB,
      c: c.data,
      cOffset: row * c.cols + col,
      ldc: c.cols,
      ...(cell ? { cell } : {}),
    });
    const whole = call(0, step.k);
    const most = !cell || (await kernel.sumsPieces?.(whole)) ? step.k : cell.k;
    for (let start = 0; start < step.k; start += most) await kernel.gemm(call(start, Math.min(most, step.k - start)));
  }
}

/** What is computed of a block: all, or from the diagonal on, in bands of whole cells. */
function bandsOf(task: BlockTask): { row: number; rows: number; col: number }[] {
  const { m } = blockSize(task);
  const { upper = false, cell } = task;
  if (!upper || !cell || cell.rows !== cell.cols) return [{ row: 0, rows: m, col: 0 }];
  return Array.from({ length: Math.ceil(m / cell.rows) }, (_, band) => {
    const row = band * cell.rows;
    return { row, rows: Math.min(cell.rows, m - row), col: row };
  });
}

/** Floating point operations of a block. */
export function flopsOf(task: BlockTask): number {
  const { n, k } = blockSize(task);
  return bandsOf(task).reduce((sum, { rows, col }) => sum + 2 * rows * (n - col) * k, 0);
}

async function fetchStep(
  { a, b, transA = false, transB = false, cacheBytes = 0 }: BlockTask,
  start: number,
  size: number,
  context: PackageContext,
  { maps, prepare }: { maps: boolean; prepare: (tile: Tile) => Tile },
): Promise<Step> {
  const left = alongK(a, !transA, start, size);
  const right = alongK(b, transB, start, size);
  const isOne = left.key !== undefined && left.key === right.key;
  const fetch = async ({ part, read }: typeof left): Promise<HeldTile> => {
    const mapped = maps && part && (await context.mapWhole(part));
    return mapped ? { tile: mapped, release: () => mapped.unmap() } : read(context, cacheBytes);
  };
  // A block on the diagonal of AᵀA has one operand.
  const fetched = await Promise.allSettled([left, ...(isOne ? [] : [right])].map(fetch));
  const release = () => {
    for (const one of fetched) if (one.status === 'fulfilled') one.value.release();
  };
  const [one, two = one] = fetched.map((each) => {
    if (each.status === 'fulfilled') return each.value;
    release();
    throw each.reason;
  });
  return { a: whole(prepare(one!.tile)), b: whole(prepare(two!.tile)), k: size, release };
}

const whole = ({ data, cols }: Tile): Part => ({ data, offset: 0, stride: cols });

/** The part of an operand's piece from `start` of k on, and how to read it; `key` names it where it is stored. */
function alongK(source: TileSource, byColumns: boolean, start: number, size: number) {
  if (source.kind === 'array') {
    const part = byColumns
      ? { ...source, col: source.col + start, cols: size }
      : { ...source, row: source.row + start, rows: size };
    const { array, row, col, rows, cols } = part;
    return {
      part,
      key: `${array} ${row},${col} ${rows}x${cols}`,
      read: (context: PackageContext, cacheBytes: number) => context.readKept(part, cacheBytes),
    };
  }
  return {
    part: undefined,
    key: undefined,
    read: async (context: PackageContext) => {
      const whole = await context.read(source);
      return { tile: byColumns ? columns(whole, start, size) : rows(whole, start, size), release: () => undefined };
    },
  };
}

function columns(whole: Tile, start: number, size: number): Tile {
  if (size === whole.cols) return whole;
  const part = allocateTile(whole.dtype, whole.rows, size);
  for (let row = 0; row < whole.rows; row++) {
    const from = row * whole.cols + start;
    part.data.set(whole.data.subarray(from, from + size), row * size);
  }
  return part;
}

function rows(whole: Tile, start: number, size: number): Tile {
  return { ...whole, rows: size, data: whole.data.subarray(start * whole.cols, (start + size) * whole.cols) };
}
