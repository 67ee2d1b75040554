import { allocateTile, copyRegion, fillRandom, type Tile } from '@tessera/matrix';
import type { ArrayPiece, DType, JobSpec, Shape, TileSource } from '@tessera/protocol';
import type { Kernel } from '@tessera/worker';
import type { SmallJob } from './small-job.ts';

/** Elements of an operand that is given: sevenths, or with a NaN and an infinity among them. */
export function givenOperand(shape: Shape, dtype: DType, nan: boolean): Tile {
  const tile = allocateTile(dtype, shape[0], shape[1]);
  for (let index = 0; index < tile.data.length; index++) tile.data[index] = ((index * 5) % 11) / 7 - 0.5;
  if (nan) {
    tile.data[0] = Infinity;
    tile.data[tile.data.length - 1] = NaN;
  }
  return tile;
}

/**
 * C as the plan computes it, by one thread, in the order of the plan and without queues, stores or messages: what every
 * run has to give bit for bit.
 */
export async function referenceC({ job, plan, given }: SmallJob, kernel: Kernel): Promise<Tile> {
  const arrays: Record<string, Tile> = {};
  for (const [name, { shape, dtype }] of Object.entries(plan.arrays)) {
    arrays[name] = allocateTile(dtype, shape[0], shape[1]);
  }
  for (const name of ['A', 'B'] as const) arrays[name] = operandOf(job, name, given[name]?.nan ?? false);
  const read = (source: TileSource): Tile => {
    if (source.kind !== 'array') throw new Error('the plan names arrays alone');
    const tile = allocateTile(arrays[source.array]!.dtype, source.rows, source.cols);
    copyRegion(arrays[source.array]!, source, tile, { row: 0, col: 0 });
    return tile;
  };
  const store = (sink: ArrayPiece, tile: Tile) =>
    copyRegion(tile, { row: 0, col: 0, rows: tile.rows, cols: tile.cols }, arrays[sink.array]!, sink);
  for (const phase of plan.phases) {
    for (let index = 0; index < phase.packages; index++) {
      const body = phase.at(index);
      if (body.kind === 'add') store(body.c as ArrayPiece, await sum(read(body.a), read(body.b), kernel));
      if (body.kind === 'reduce') {
        let total = read(body.parts[0]!);
        for (const part of body.parts.slice(1)) total = await sum(total, read(part), kernel);
        store(body.c as ArrayPiece, total);
      }
      if (body.kind === 'multiply') {
        const [a, b] = [body.a as ArrayPiece, body.b as ArrayPiece];
        const c = allocateTile(job.dtype, a.rows, b.cols);
        for (let start = 0; start < a.cols; start += body.kStep) {
          const k = Math.min(body.kStep, a.cols - start);
          const left = read({ ...a, col: a.col + start, cols: k });
          const right = read({ ...b, row: b.row + start, rows: k });
          await kernel.gemm({
            m: c.rows,
            n: c.cols,
            k,
            alpha: 1,
            beta: start === 0 ? 0 : 1,
            a: left.data,
            aOffset: 0,
            lda: k,
            transA: false,
            b: right.data,
            bOffset: 0,
            ldb: c.cols,
            transB: false,
            c: c.data,
            cOffset: 0,
            ldc: c.cols,
          });
        }
        store(body.c as ArrayPiece, c);
      }
    }
  }
  return arrays['C']!;
}

function operandOf(job: JobSpec, name: 'A' | 'B', nan: boolean): Tile {
  const operand = job.operands[name];
  if (operand.kind !== 'random') return givenOperand(operand.shape, job.dtype, nan);
  const [rows, cols] = operand.shape;
  const tile = allocateTile(job.dtype, rows, cols);
  const recipe = { ...operand.recipe, seed: BigInt(operand.recipe.seed) };
  fillRandom(recipe, operand.shape, { row: 0, col: 0, rows, cols }, tile.data);
  return tile;
}

async function sum(a: Tile, b: Tile, kernel: Kernel): Promise<Tile> {
  const c = allocateTile(a.dtype, a.rows, a.cols);
  const { rows, cols } = a;
  await kernel.add({
    rows,
    cols,
    alpha: 1,
    a: a.data,
    aOffset: 0,
    lda: cols,
    beta: 1,
    b: b.data,
    bOffset: 0,
    ldb: cols,
    c: c.data,
    cOffset: 0,
    ldc: cols,
  });
  return c;
}
