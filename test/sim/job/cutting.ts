import type { JobSpec } from '@tessera/protocol';
import { planElementWise } from '../../../packages/master/src/operations/element-wise.ts';
import { gramTask } from '../../../packages/master/src/operations/gram.ts';
import type { MultiplyBlocks } from '../../../packages/master/src/operations/multiply-blocks.ts';
import { productTask } from '../../../packages/master/src/operations/multiply.ts';
import type { OperationInput } from '../../../packages/master/src/operations/operation.ts';
import { layOut, type CutProduct, type ProductTask } from '../../../packages/master/src/operations/product.ts';
import type { Cut } from '../../../packages/master/src/plan/cut.ts';
import type { Cutting } from '../../../packages/master/src/plan/plan-job.ts';
import type { OperationPlan } from '../../../packages/master/src/plan/plan.ts';
import type { Chance } from '../world/chance.ts';

/** Nobody reads what these plans expect. */
const FIGURES: OperationPlan['figures'] = {
  peakWorkerBytes: 2 ** 30,
  movedBytes: 0,
  lowerBoundBytes: 0,
  bound: 'compulsory',
  ratio: 1,
  flops: 0,
};

/** A way to cut a job: the planner's own phases over blocks that chance chose, far smaller than it would choose itself. */
export function drawCutting({ op }: JobSpec, chance: Chance): Cutting {
  return {
    least: { generated: chance.whole(1, 40), ingestBytes: chance.whole(1, 400), exported: chance.whole(1, 60) },
    plan(input) {
      const task = op === 'gram' ? gramTask(input) : op === 'multiply' ? productTask(input) : undefined;
      if (task) {
        const { peakWorkerBytes } = FIGURES;
        const phases = layOut(drawProduct(task, input, chance), peakWorkerBytes);
        return { ...phases, figures: FIGURES, summary: 'a small product' };
      }
      const [rows, cols] = input.shapes.C;
      const beta = op === 'subtract' ? -1 : 1;
      return planElementWise(input, { alpha: 1, beta }, { rows: drawCut(rows, chance), cols: drawCut(cols, chance) });
    },
  };
}

/** Up to five chunks to a side, and one or two of them to a block. */
function drawCut(size: number, chance: Chance): Cut {
  const chunk = chance.whole(Math.ceil(size / 5), size);
  const length = Math.min(size, chunk * chance.whole(1, 2));
  return { chunk, length, parts: Math.ceil(size / length) };
}

function drawProduct(task: ProductTask, input: OperationInput, chance: Chance): CutProduct {
  const rows = drawCut(task.m, chance);
  const cols = task.symmetric ? rows : drawCut(task.n, chance);
  const { chunk: callK } = drawCut(task.k, chance);
  const calls = Math.ceil(task.k / callK);
  const callsOfRange = Math.ceil(calls / chance.whole(1, 3));
  const kStep = Math.min(task.k, callK * (callsOfRange % 2 === 0 && chance.happens(0.5) ? 2 : 1));
  const kRange = Math.min(task.k, callsOfRange * callK);
  const ranges = Math.ceil(task.k / kRange);
  const splits = chance.happens(0.5) ? ranges : 1;
  const count = task.symmetric ? (rows.parts * (rows.parts + 1)) / 2 : rows.parts * cols.parts;
  const none = { read: 0, written: 0 };
  const blocks: MultiplyBlocks = {
    chunk: { m: rows.chunk, n: cols.chunk, k: kStep },
    block: { rows: rows.length, cols: cols.length },
    count,
    summation: { cell: { rows: rows.chunk, cols: cols.chunk, k: callK }, kUnit: callK, kRange, ranges },
    kStep,
    splits,
    kRange: splits === 1 ? task.k : kRange,
    packages: count * splits,
    alone: chance.happens(0.3),
    computeElements: none,
    reduceElements: none,
    computeSeconds: 0,
    reduceSeconds: 0,
    packageSeconds: 0,
    peakBytes: 0,
  };
  // Bands of Y and of C's rows, and ranges of k, hold whole chunks.
  const band = (size: number, chunk: number) => Math.min(size, chunk * chance.whole(1, 2));
  return {
    task,
    blocks,
    bands: {
      k: band(task.k, kStep),
      m: band(task.m, rows.chunk),
      kRange: chance.happens(0.5) ? task.k : band(task.k, kStep),
    },
    input,
  };
}
