import { packageBytes } from '../plan/beside.ts';
import { blockBytes, secondBlockBytes } from '../plan/cost-model.ts';
import type { PhasePlan } from '../plan/plan.ts';
import { folds } from './multiply-blocks.ts';
import type { CutProduct } from './product.ts';

/** A product and its phases other than that of blocks, one of whose packages a worker may have beside a block. */
export interface Beside {
  readonly cut: CutProduct;
  readonly others: readonly PhasePlan[];
}

/**
 * The phases of a product in order. Until it compares, its check needs the operands and nothing of C, so each of its phases but
 * the last comes after one of those that make C.
 * @param making those that make C
 * @param check its phases, the comparison last; none where nothing is checked
 */
export function inOrder(making: readonly PhasePlan[], check: readonly PhasePlan[]): PhasePlan[] {
  const before = check.slice(0, -1);
  return [
    ...making.flatMap((phase, place) => [phase, ...before.slice(place, place + 1)]),
    ...before.slice(making.length),
    ...check.slice(-1),
  ];
}

/** Bytes for blocks, and for one with a package of another phase beside it where that may be. */
export function blocksBytes({ cut, others }: Beside): number {
  return firstBytes(cut) + Math.max(secondBytes(cut), largestOther({ cut, others }));
}

/** The same where the operands of blocks are mapped, without these. */
export function mappingBytes({ cut, others }: Beside): number {
  const block = { ...cut.blocks.block, dtype: cut.input.dtype, folds: folds(cut.blocks) };
  return blockBytes({ ...block, alone: true }) + besideBytes({ cut, others });
}

/** Of these, what a package of another phase may take: it is in the place of a worker's second block. */
export function besideBytes({ cut, others }: Beside): number {
  const { alone, block } = cut.blocks;
  const stored = { ...block, dtype: cut.input.dtype, kStep: 0, alone };
  return Math.max(cut.input.mappable ? secondBlockBytes(stored) : secondBytes(cut), largestOther({ cut, others }));
}

function largestOther({ cut, others }: Beside): number {
  const fitting = others.map(({ cost }) => packageBytes(cost)).filter((bytes) => fits(cut, bytes));
  return Math.max(0, ...fitting);
}

function fits(cut: CutProduct, bytes: number): boolean {
  return firstBytes(cut) + bytes <= cut.input.fleet.memoryBytes;
}

function firstBytes(cut: CutProduct): number {
  return cut.blocks.peakBytes - secondBytes(cut);
}

function secondBytes({ blocks, input }: CutProduct): number {
  return secondBlockBytes({ ...blocks, ...blocks.block, dtype: input.dtype });
}
