import { bytesPerElement } from '@tessera/protocol';
import { movedElementsBound } from '../plan/lower-bound.ts';
import { WORKER_BASE_BYTES } from '../plan/cost-model.ts';
import { evenChunk } from '@tessera/matrix';
import { gridOf, piece } from '../plan/grid.ts';
import type { OperationPlan, PhasePlan } from '../plan/plan.ts';
import { chooseBlocks, chunkShapes, type MultiplyBlocks } from './multiply-blocks.ts';
import type { MasterOperation, OperationInput } from './operation.ts';

/** C = A·B: blocks of C over ranges of k, partial sums reduced in fixed order, checked by projection. */
export const multiply: MasterOperation = {
  verification: 'freivalds',
  plan(input: OperationInput): OperationPlan {
    const [m, k] = input.shapes.A;
    const n = input.shapes.B[1];
    const blocks = chooseBlocks(m, n, k, input.dtype, input.fleet);
    const chunks = chunkShapes(blocks);
    const size = bytesPerElement(input.dtype);
    const memoryElements = Math.max(1, (input.fleet.memoryBytes - WORKER_BASE_BYTES) / size);
    const partials = Object.fromEntries(
      Array.from({ length: blocks.splits === 1 ? 0 : blocks.splits }, (_, part) => [
        partialName(part),
        { shape: input.shapes.C, dtype: input.dtype, chunk: chunks.C },
      ]),
    );
    const verify = input.verify.rounds === 0 ? { extra: {}, phases: [] } : verifyPhases(input, blocks);
    return {
      chunks,
      extra: { ...partials, ...verify.extra },
      phases: [...computePhases(input, blocks), ...verify.phases],
      figures: {
        bytesRead: blocks.readElements * size + (input.verify.rounds === 0 ? 0 : (m * k + k * n + m * n) * size),
        bytesWritten: (m * n + (blocks.splits === 1 ? 0 : m * n * blocks.splits)) * size,
        peakWorkerBytes: blocks.peakBytes,
        lowerBoundBytes: movedElementsBound(m, n, k, memoryElements, input.fleet.workers) * size,
        flops: 2 * m * n * k,
      },
      summary: summaryOf(blocks, k),
    };
  },
  recheck(input) {
    const blocks = chooseBlocks(input.shapes.A[0], input.shapes.B[1], input.shapes.A[1], input.dtype, input.fleet);
    const { grid, at } = blockGrid(input, blocks);
    return [
      {
        phase: 'verify',
        packages: grid.count,
        at: (index) => ({
          kind: 'verify',
          check: { step: 'recompute', ...at(index, 0, input.shapes.A[1], 'C'), kStep: blocks.chunk.k },
        }),
      },
    ];
  },
};

function computePhases(input: OperationInput, blocks: MultiplyBlocks): PhasePlan[] {
  const { grid, at } = blockGrid(input, blocks);
  const k = input.shapes.A[1];
  const compute: PhasePlan = {
    phase: 'compute',
    packages: grid.count * blocks.splits,
    // Ranges of k lie next to each other in the numbering, so that workers meet while their operands are warm.
    at: (index) => {
      const part = index % blocks.splits;
      const start = part * blocks.kRange;
      const output = blocks.splits === 1 ? 'C' : partialName(part);
      return {
        kind: 'multiply',
        ...at(Math.floor(index / blocks.splits), start, Math.min(blocks.kRange, k - start), output),
        kStep: blocks.chunk.k,
      };
    },
  };
  if (blocks.splits === 1) return [compute];
  const chunkGrid = gridOf(input.shapes.C, [blocks.chunk.m, blocks.chunk.n]);
  return [
    compute,
    {
      phase: 'reduce',
      packages: chunkGrid.count,
      at: (index) => {
        const region = chunkGrid.region(index);
        const parts = Array.from({ length: blocks.splits }, (_, part) => piece(partialName(part), region));
        return { kind: 'reduce', parts, c: piece('C', region) };
      },
    },
  ];
}

function blockGrid(input: OperationInput, blocks: MultiplyBlocks) {
  const grid = gridOf(input.shapes.C, [blocks.block.rows, blocks.block.cols]);
  const at = (index: number, kStart: number, kSize: number, output: string) => {
    const { row, col, rows, cols } = grid.region(index);
    return {
      a: piece('A', { row, col: kStart, rows, cols: kSize }),
      b: piece('B', { row: kStart, col, rows: kSize, cols }),
      c: piece(output, { row, col, rows, cols }),
    };
  };
  return { grid, at };
}

/** Freivalds' check in two phases: Y = B·r once, then C·r against A·Y for bands of rows. */
function verifyPhases(input: OperationInput, blocks: MultiplyBlocks): Pick<OperationPlan, 'extra' | 'phases'> {
  const [m, k] = input.shapes.A;
  const n = input.shapes.B[1];
  const vectors = { seed: input.verify.seed, rounds: input.verify.rounds };
  const wanted = 2 * input.fleet.workers;
  const kBand = evenChunk(k, Math.max(Math.ceil(k / wanted), Math.min(k, blocks.chunk.k)));
  const mBand = evenChunk(m, Math.max(Math.ceil(m / wanted), Math.min(m, blocks.chunk.m)));
  const bands = gridOf(input.shapes.B, [kBand, n]);
  const rows = gridOf([m, k], [mBand, k]);
  const { grid } = blockGrid(input, blocks);
  const yCols = vectors.rounds + 1;
  return {
    extra: { Y: { shape: [k, yCols], dtype: 'float64', chunk: [kBand, yCols] } },
    phases: [
      {
        phase: 'project',
        packages: bands.count,
        at: (index) => {
          const region = bands.region(index);
          return {
            kind: 'verify',
            check: {
              step: 'project',
              b: piece('B', region),
              vectors,
              y: piece('Y', { ...region, col: 0, cols: yCols }),
            },
          };
        },
      },
      {
        phase: 'verify',
        packages: rows.count,
        at: (index) => {
          const region = rows.region(index);
          return {
            kind: 'verify',
            check: {
              step: 'product',
              a: piece('A', region),
              c: piece('C', { ...region, cols: n }),
              vectors,
              y: piece('Y', { row: 0, col: 0, rows: k, cols: yCols }),
            },
          };
        },
        *checks(index) {
          const region = rows.region(index);
          const perBlockRow = grid.cols * blocks.splits;
          const first = Math.floor(region.row / grid.block[0]);
          const last = Math.floor((region.row + region.rows - 1) / grid.block[0]);
          for (let at = first * perBlockRow; at < (last + 1) * perBlockRow; at++) yield at;
        },
      },
    ],
  };
}

/** Names of the arrays of partial products: P0, P1, ... */
function partialName(part: number): string {
  return `P${part}`;
}

function summaryOf({ packages, block, splits, kRange, chunk }: MultiplyBlocks, k: number): string {
  const count = packages / splits;
  const steps = Math.ceil(kRange / chunk.k);
  const blocksText = `${count} ${count === 1 ? 'block' : 'blocks'} of ${block.rows}x${block.cols}`;
  const inK =
    splits === 1
      ? `k ${k} in ${steps} ${steps === 1 ? 'step' : 'steps'}`
      : `k ${k} split in ${splits} ranges of ${kRange}, then reduced`;
  return `${blocksText}, ${inK}`;
}
