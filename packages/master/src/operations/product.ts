import { bytesPerElement, type PackageBody, type Region } from '@tessera/protocol';
import { besideEachOther } from '../plan/beside.ts';
import { flipped, gridOf, operandPiece, piece, upperAt } from '../plan/grid.ts';
import type { OperationPlan, PhasePlan } from '../plan/plan.ts';
import { chooseBlocks, chunkShapes, folds, type MultiplyBlocks, type Product } from './multiply-blocks.ts';
import type { OperationInput } from './operation.ts';
import { bandsOf, type Bands } from './product-bands.ts';
import { besideBytes, blocksBytes, inOrder, mappingBytes, type Beside } from './product-beside.ts';
import { checkPhases } from './product-check.ts';
import { productFigures } from './product-figures.ts';
import { partialName, reducePhase, tileWithin } from './product-reduce.ts';

/** An operand of a product: where it is, and whether the transpose of what is there is meant. */
export interface ProductOperand {
  readonly array: 'A' | 'B';
  readonly transposed: boolean;
}

/** C[m x n] = alpha·left[m x k]·right[k x n] + beta·C0, as an operation states it. */
export interface ProductTask extends Pick<Product, 'm' | 'n' | 'k' | 'stored' | 'symmetric'> {
  readonly left: ProductOperand;
  readonly right: ProductOperand;
  readonly alpha: number;
  /** 0 when there is no C0. */
  readonly beta: number;
}

/** A task and how it is cut. */
export interface CutProduct {
  readonly task: ProductTask;
  readonly blocks: MultiplyBlocks;
  readonly bands: Bands;
  readonly input: OperationInput;
}

/** @throws PlanDoesNotFitError when no block fits a worker's memory. */
export function planProduct(task: ProductTask, input: OperationInput): OperationPlan {
  const { blocks, least } = chooseBlocks(productOf(task, input), input.fleet);
  const cut = { task, blocks, bands: bandsOf(task, blocks, input), input };
  const figures = productFigures(cut, least);
  const beside = besideBlocks(cut, othersOf(cut));
  const peakWorkerBytes = Math.max(blocksBytes(beside) + cacheBytes(beside), mappedPeak(cut, mappedBytes(beside)));
  return {
    ...layOut(cut, peakWorkerBytes),
    figures: { ...figures, peakWorkerBytes },
    summary: summaryOf(blocks, task.k),
  };
}

/**
 * The arrays and phases of a product that is cut in a given way.
 * @param peakBytes what a worker may have resident
 */
export function layOut(cut: CutProduct, peakBytes: number): Pick<OperationPlan, 'chunks' | 'extra' | 'phases'> {
  const { task, blocks, input } = cut;
  const chunks = chunkShapes(blocks);
  const asStored = (chunk: readonly [number, number], { transposed }: ProductOperand) =>
    transposed ? ([chunk[1], chunk[0]] as const) : chunk;
  const partials = Object.fromEntries(
    Array.from({ length: blocks.splits === 1 ? 0 : blocks.splits }, (_, part) => [
      partialName(part),
      { shape: input.shapes.C, dtype: input.dtype, chunk: chunks.C },
    ]),
  );
  const others = othersOf(cut);
  const compute = computePhase(cut, besideBlocks(cut, others));
  return {
    chunks: { A: asStored(chunks.A, task.left), B: asStored(chunks.B, task.right), C: chunks.C },
    extra: { ...partials, ...others.check.extra },
    phases: besideEachOther(inOrder([compute, ...others.reduce], others.check.phases), peakBytes),
  };
}

/** The phases of a product but that of its blocks. */
function othersOf(cut: CutProduct) {
  return {
    reduce: cut.blocks.splits === 1 ? [] : [reducePhase(cut)],
    check: cut.input.verify.rounds === 0 ? { extra: {}, phases: [] } : checkPhases(cut),
  };
}

function besideBlocks(cut: CutProduct, { reduce, check }: ReturnType<typeof othersOf>): Beside {
  return { cut, others: [...reduce, ...check.phases] };
}

/** C computed again, for operands that hold NaN or infinities: in smaller blocks, for three of them are held at once. */
export function recomputePhases(task: ProductTask, input: OperationInput): OperationPlan['phases'] {
  const { blocks } = chooseBlocks(productOf(task, input), input.fleet);
  const [rows, cols] = tileWithin(blocks, (blocks.block.rows * blocks.block.cols) / 4);
  const grid = gridOf(input.shapes.C, [rows, cols]);
  return [
    {
      phase: 'verify',
      packages: grid.count,
      at(index) {
        const region = grid.region(index);
        const { a, b, ...options } = operands(task, region, 0, task.k);
        return {
          kind: 'verify',
          check: { step: 'recompute', a, b, c: piece('C', region), kStep: blocks.kStep, ...options },
        };
      },
    },
  ];
}

function productOf(task: ProductTask, { dtype }: OperationInput): Product {
  return { ...task, dtype, addend: task.beta !== 0 };
}

function computePhase(cut: CutProduct, beside: Beside): PhasePlan {
  const { task, blocks, input } = cut;
  const spare = { cacheBytes: cacheBytes(beside), mapBytes: mappedBytes(beside) };
  const grid = gridOf(input.shapes.C, [blocks.block.rows, blocks.block.cols]);
  const bytes = bytesPerElement(input.dtype);
  // Ranges of k lie next to each other in the numbering, so that workers meet while their operands are warm; blocks that
  // follow each other share rows of A, which a worker that gets both may have kept.
  const at = (index: number): PackageBody => {
    const part = index % blocks.splits;
    const number = Math.floor(index / blocks.splits);
    const place = task.symmetric
      ? upperAt(number, grid.rows)
      : { row: Math.floor(number / grid.cols), col: number % grid.cols };
    const region = grid.regionAt(place.row, place.col);
    const start = part * blocks.kRange;
    const { c0, beta, ...rest } = operands(task, region, start, Math.min(blocks.kRange, task.k - start));
    const output = blocks.splits === 1 ? 'C' : partialName(part);
    // A block of the diagonal is its own mirror image; the others' images are stored when their sum is whole.
    const mirrored = task.symmetric && (place.row === place.col || blocks.splits === 1);
    return {
      kind: 'multiply',
      ...rest,
      c: piece(output, region),
      kStep: blocks.kStep,
      ...(folds(blocks) ? { kRange: blocks.summation.kRange } : {}),
      cell: blocks.summation.cell,
      // C0 is added once, by the first range of k.
      ...(c0 && part === 0 ? { c0, beta } : {}),
      ...(mirrored ? { mirror: piece(output, flipped(region)) } : {}),
      ...(blocks.alone ? { alone: true } : {}),
      ...(spare.cacheBytes > 0 ? { cacheBytes: spare.cacheBytes } : {}),
      ...(spare.mapBytes > 0 ? { mapBytes: spare.mapBytes } : {}),
    };
  };
  return {
    phase: 'compute',
    packages: blocks.packages,
    at,
    cost: {
      bytesRead: blocks.computeElements.read * bytes,
      bytesWritten: blocks.computeElements.written * bytes,
      seconds: blocks.computeSeconds,
      besideBytes: besideBytes(beside),
    },
  };
}

/** A block's operands over a range of k, and what else a package says of them; what is 1 or false is left out. */
function operands(task: ProductTask, region: Region, kStart: number, kSize: number) {
  const { left, right, alpha, beta } = task;
  return {
    a: operandPiece(left, { row: region.row, col: kStart, rows: region.rows, cols: kSize }),
    b: operandPiece(right, { row: kStart, col: region.col, rows: kSize, cols: region.cols }),
    ...(left.transposed ? { transA: true } : {}),
    ...(right.transposed ? { transB: true } : {}),
    ...(alpha === 1 ? {} : { alpha }),
    ...(beta === 0 ? {} : { c0: piece('C0', region), beta }),
  };
}

/** What the budget leaves for operands that are mapped, beside blocks of C: pieces of operands are not read then. */
function mappedBytes(beside: Beside): number {
  const { fleet, mappable } = beside.cut.input;
  return mappable ? Math.max(0, fleet.memoryBytes - mappingBytes(beside)) : 0;
}

/** Bytes of a worker that maps its operands: blocks of C, and of each file from a piece's first element to its last. */
function mappedPeak({ task, blocks, input: { dtype, fleet } }: CutProduct, mapBytes: number): number {
  const { m, n, k, left, right } = task;
  const ofA = k * (left.transposed ? m : blocks.block.rows);
  const ofB = k * (right.transposed ? blocks.block.cols : n);
  const bytes = (ofA + ofB) * bytesPerElement(dtype);
  return mapBytes === 0 || bytes > mapBytes ? 0 : fleet.memoryBytes - mapBytes + bytes;
}

/** What the budget leaves for operand pieces that a worker keeps for its next package, where it will have one. */
function cacheBytes(beside: Beside): number {
  const { blocks, task, input } = beside.cut;
  const { dtype, fleet } = input;
  if (blocks.packages <= fleet.workers) return 0;
  const spare = 0.9 * (fleet.memoryBytes - blocksBytes(beside));
  const { m, n, k } = task;
  const all = (task.symmetric ? n * k : m * k + k * n) * bytesPerElement(dtype);
  const piece = Math.min(blocks.block.rows, blocks.block.cols) * blocks.kStep * bytesPerElement(dtype);
  return spare < piece ? 0 : Math.floor(Math.min(spare, all));
}

function summaryOf({ count, block, splits, kStep, summation }: MultiplyBlocks, k: number): string {
  const { kRange, ranges } = summation;
  const steps = Math.ceil(k / kStep);
  const blocksText = `${count} ${count === 1 ? 'block' : 'blocks'} of ${block.rows}x${block.cols}`;
  const inK =
    splits > 1
      ? `k ${k} split in ${splits} ranges of ${kRange}, then reduced`
      : `k ${k} in ${steps} ${steps === 1 ? 'step' : 'steps'}${ranges > 1 ? ` and ${ranges} sums` : ''}`;
  return `${blocksText}, ${inK}`;
}
