import { bytesPerElement } from '@tessera/protocol';
import { longestPackage, WORKER_BASE_BYTES } from '../plan/cost-model.ts';
import { gramBound, productBound } from '../plan/lower-bound.ts';
import type { OperationFigures } from '../plan/plan.ts';
import type { BlockChoice } from './multiply-blocks.ts';
import type { CutProduct } from './product.ts';

/** A plan that moves at most this many times the bound needs no excuse. */
const CLOSE = 1.25;

/** Of a budget: where blocks need more, larger ones would hardly fit. */
const TIGHT = 0.5;

/**
 * What a cut product moves beside what it must. The bound's memory is all of a worker's budget beyond the base, though our
 * schedule spends part of it on a second block, on operands ahead of their time and on chunks on their way; the bound's
 * workers are those that get a package, each an equal share. Checks are not counted: they are another computation.
 */
export function productFigures(cut: CutProduct, least: BlockChoice['least']): OperationFigures {
  const { task, blocks, input } = cut;
  const { m, n, k, symmetric } = task;
  const { fleet, dtype } = input;
  const bytes = bytesPerElement(dtype);
  const memoryElements = Math.max(1, (fleet.memoryBytes - WORKER_BASE_BYTES) / bytes);
  const workers = Math.min(fleet.workers, blocks.packages);
  const given = { m, n, k, memoryElements, workers, addend: task.beta !== 0 };
  const bound = symmetric ? gramBound(given) : productBound(given);
  const { computeElements, reduceElements } = blocks;
  const moved = computeElements.read + computeElements.written + reduceElements.read + reduceElements.written;
  const ratio = moved / bound.elements;
  return {
    peakWorkerBytes: blocks.peakBytes,
    movedBytes: moved * bytes,
    lowerBoundBytes: bound.elements * bytes,
    bound: bound.name,
    ratio,
    ...(ratio > CLOSE ? { reason: reasonOf(cut, moved, least, bound.elements) } : {}),
    flops: (symmetric ? 1 : 2) * m * n * k,
  };
}

/** Why a plan moves more than it must: what was bought with it, and what no cut could have avoided. */
function reasonOf(
  { task, blocks, input }: CutProduct,
  moved: number,
  least: BlockChoice['least'],
  bound: number,
): string {
  const { block, packages, splits } = blocks;
  const perWorker = packages / input.fleet.workers;
  const reasons: string[] = [];
  if (moved > 1.05 * least.moved) {
    const count = Number.isInteger(perWorker) ? String(perWorker) : perWorker.toFixed(1);
    const isShort = least.packageSeconds > Math.max(longestPackage(blocks.computeSeconds), blocks.packageSeconds);
    const bought = [
      ...(isShort
        ? [`packages of ${minutes(blocks)} rather than ${minutes(least)}, so that little is lost with a worker,`]
        : []),
      ...(perWorker > 1 && !isShort ? [`${count} packages per worker, so that none waits long for the last,`] : []),
      ...(splits > 1 && least.splits > splits
        ? [`k in ${splits} ranges rather than ${least.splits}, so that their sum takes less long,`]
        : []),
      ...(splits === 1 && least.splits > 1 ? ['k left whole, so that no partial sums are stored,'] : []),
    ];
    const what = bought.length > 0 ? bought.join(' and ') : 'packages that end sooner';
    reasons.push(`${what} move ${(moved / least.moved).toFixed(2)} times the least that one package per worker could`);
  }
  if (least.moved > 1.05 * bound) {
    const mib = Math.round(input.fleet.memoryBytes / 1024 / 1024);
    const isTight = blocks.peakBytes > TIGHT * input.fleet.memoryBytes;
    const whole = `${block.rows}x${block.cols}`;
    const why = task.symmetric
      ? 'packages of one block each read every band of the operand again'
      : isTight
        ? `whole blocks in chunks, such as ${whole}, and their operands share ${mib} MiB`
        : `whole blocks over whole ranges of k, such as ${whole} over ${blocks.kRange}, cut the work less evenly than the bound does`;
    reasons.push(`${why}: ${(least.moved / bound).toFixed(2)} times the bound at best`);
  }
  return reasons.join('; ');
}

function minutes({ packageSeconds }: { readonly packageSeconds: number }): string {
  return `${(packageSeconds / 60).toFixed(packageSeconds < 600 ? 1 : 0)} minutes`;
}
