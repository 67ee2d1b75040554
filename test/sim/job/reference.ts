import { allocateTile, copyRegion, fillRandom, type Tile } from '@tessera/matrix';
import { storedShape, type ArrayPiece, type JobSpec, type TileSource } from '@tessera/protocol';
import type { Kernel } from '@tessera/worker';
import type { SmallJob } from './small-job.ts';

/**
 * C as the plan computes it, by one thread, in the order of the plan and without queues, stores or messages: what every
 * run has to give bit for bit.
 */
export async function referenceC({ job, plan, given }: SmallJob, kernel: Kernel): Promise<Tile> {
  const arrays: Record<string, Tile> = {};
  for (const [name, { shape, dtype }] of Object.entries(plan.arrays)) {
    arrays[name] = given[name]?.tile ?? madeOperand(job, name) ?? allocateTile(dtype, shape[0], shape[1]);
  }
  if (job.op === 'gram') arrays['B'] = arrays['A']!;
  const read = (source: TileSource): Tile => {
    if (source.kind !== 'array') throw new Error('the plan names arrays alone');
    const tile = allocateTile(arrays[source.array]!.dtype, source.rows, source.cols);
    copyRegion(arrays[source.array]!, source, tile, { row: 0, col: 0 });
    return tile;
  };
  const store = (sink: ArrayPiece, tile: Tile) =>
    copyRegion(tile, { row: 0, col: 0, rows: tile.rows, cols: tile.cols }, arrays[sink.array]!, sink);
  const storeBoth = (c: ArrayPiece, mirror: ArrayPiece | undefined, tile: Tile) => {
    store(c, tile);
    // On the diagonal what is below it is what is above it.
    if (mirror) store(mirror, mirror.row === c.row ? belowAsAbove(tile) : transposed(tile));
  };
  for (const phase of plan.phases) {
    for (let index = 0; index < phase.packages; index++) {
      const body = phase.at(index);
      if (body.kind === 'add') {
        const { a, b, c, alpha = 1, beta = 1 } = body;
        store(c as ArrayPiece, await sum(read(a), read(b), kernel, alpha, beta));
      }
      if (body.kind === 'reduce') {
        let total = read(body.parts[0]!);
        for (const part of body.parts.slice(1)) total = await sum(total, read(part), kernel);
        storeBoth(body.c as ArrayPiece, body.mirror, total);
      }
      if (body.kind === 'multiply') {
        const { transA = false, transB = false, alpha = 1, beta = 1, c0, mirror } = body;
        const [a, b] = [body.a as ArrayPiece, body.b as ArrayPiece];
        const [rows, cols, k] = [transA ? a.cols : a.rows, transB ? b.rows : b.cols, transA ? a.rows : a.cols];
        const { kStep, kRange = k, cell = { k: kStep } } = body;
        let c: Tile | undefined;
        for (let range = 0; range < k; range += kRange) {
          const isFirst = range === 0;
          const part = isFirst && c0 ? read(c0) : allocateTile(job.dtype, rows, cols);
          for (let start = range; start < Math.min(k, range + kRange); start += cell.k) {
            const size = Math.min(cell.k, range + kRange - start, k - start);
            const left = read(alongK(a, !transA, start, size));
            const right = read(alongK(b, transB, start, size));
            await kernel.gemm({
              m: rows,
              n: cols,
              k: size,
              alpha,
              beta: start > range ? 1 : isFirst && c0 ? beta : 0,
              a: left.data,
              aOffset: 0,
              lda: left.cols,
              transA,
              b: right.data,
              bOffset: 0,
              ldb: right.cols,
              transB,
              c: part.data,
              cOffset: 0,
              ldc: cols,
            });
          }
          c = c ? await sum(c, part, kernel) : part;
        }
        storeBoth(body.c as ArrayPiece, mirror, c!);
      }
    }
  }
  return arrays['C']!;
}

function madeOperand({ operands, dtype }: JobSpec, name: string): Tile | undefined {
  const operand = operands[name as keyof typeof operands];
  if (operand?.kind !== 'random') return undefined;
  const [rows, cols] = storedShape(operand);
  const tile = allocateTile(dtype, rows, cols);
  const recipe = { ...operand.recipe, seed: BigInt(operand.recipe.seed) };
  fillRandom(recipe, [rows, cols], { row: 0, col: 0, rows, cols }, tile.data);
  return tile;
}

function alongK(piece: ArrayPiece, byColumns: boolean, start: number, size: number): ArrayPiece {
  return byColumns
    ? { ...piece, col: piece.col + start, cols: size }
    : { ...piece, row: piece.row + start, rows: size };
}

function transposed(tile: Tile): Tile {
  const other = allocateTile(tile.dtype, tile.cols, tile.rows);
  for (let row = 0; row < tile.rows; row++) {
    for (let col = 0; col < tile.cols; col++) other.data[col * tile.rows + row] = tile.data[row * tile.cols + col]!;
  }
  return other;
}

function belowAsAbove(tile: Tile): Tile {
  const other = transposed(tile);
  for (let row = 0; row < tile.rows; row++) {
    for (let col = row; col < tile.cols; col++) other.data[row * tile.cols + col] = tile.data[row * tile.cols + col]!;
  }
  return other;
}

async function sum(a: Tile, b: Tile, kernel: Kernel, alpha = 1, beta = 1): Promise<Tile> {
  const c = allocateTile(a.dtype, a.rows, a.cols);
  const { rows, cols } = a;
  await kernel.add({
    rows,
    cols,
    alpha,
    a: a.data,
    aOffset: 0,
    lda: cols,
    beta,
    b: b.data,
    bOffset: 0,
    ldb: cols,
    c: c.data,
    cOffset: 0,
    ldc: cols,
  });
  return c;
}
