import { blockBytes, projectBytes, secondBlockBytes } from '../plan/cost-model.ts';
import type { PhasePlan } from '../plan/plan.ts';
import { folds } from './multiply-blocks.ts';
import type { CutProduct } from './product.ts';

/**
 * Puts the phases of a product in order. Until it compares, its check needs the operands and nothing of C, so each of its
 * phases but the last runs beside one of those that make C, where there is memory for both.
 * @param making those that make C
 * @param check its phases, the comparison last; none where nothing is checked
 */
export function inOrder(cut: CutProduct, making: readonly PhasePlan[], check: readonly PhasePlan[]): PhasePlan[] {
  const others = check.slice(0, -1);
  const phases: PhasePlan[] = [];
  for (const [place, phase] of making.entries()) {
    phases.push(phase);
    // Sums and checks count two packages of a kind, so one of each is never more.
    const next = place > 0 || projectsBeside(cut) ? others.shift() : undefined;
    if (next) phases.push({ ...next, beside: true });
  }
  return [...phases, ...others, ...check.slice(-1)];
}

/** Bytes for blocks, and for one with a package of the check beside it where that may be. */
export function blocksBytes(cut: CutProduct): number {
  const { peakBytes } = cut.blocks;
  return projectsBeside(cut) ? Math.max(peakBytes, besideBytes(cut)) : peakBytes;
}

/** The same where the operands of blocks are mapped, without these. */
export function mappingBytes(cut: CutProduct): number {
  const { blocks, input } = cut;
  const block = { ...blocks.block, dtype: input.dtype, folds: folds(blocks) };
  const own = blockBytes({ ...block, alone: blocks.alone });
  return projectsBeside(cut) ? Math.max(own, blockBytes({ ...block, alone: true }) + packageBytes(cut)) : own;
}

function projectsBeside(cut: CutProduct): boolean {
  const { fleet, verify } = cut.input;
  return verify.rounds > 0 && besideBytes(cut) <= fleet.memoryBytes;
}

/** A package of the check takes the place of the second block of a worker. */
function besideBytes(cut: CutProduct): number {
  const { blocks, input } = cut;
  const second = secondBlockBytes({ ...blocks, ...blocks.block, dtype: input.dtype });
  return blocks.peakBytes - second + packageBytes(cut);
}

function packageBytes({ task, blocks, bands, input }: CutProduct): number {
  const { chunk } = blocks;
  const [rows, cols] = task.stored.B ?? [chunk.k, chunk.n];
  return projectBytes(bands.k, task.n, input.verify.rounds + 1, rows * cols);
}
