import { bytesPerElement, type ArrayDeclaration } from '@tessera/protocol';
import { compareBytes, movingSeconds, productCheckBytes, projectBytes } from '../plan/cost-model.ts';
import { PlanDoesNotFitError } from '../plan/errors.ts';
import { gridOf, operandPiece, piece, upperAt } from '../plan/grid.ts';
import type { OperationPlan, PhasePlan } from '../plan/plan.ts';
import type { CutProduct } from './product.ts';

/** What the phases of a check share. */
interface Check extends CutProduct {
  readonly vectors: { readonly seed: string; readonly rounds: number };
  /** Columns of Y and of each range of Z: a number for each round, and a norm. */
  readonly width: number;
  /** Ranges of k that are multiplied one by one. */
  readonly ranges: number;
  readonly workerBytes: number;
}

/**
 * Freivalds' check in two phases: Y = right·r once, then C·r against alpha·left·Y + beta·C0·r for bands of rows. Where the
 * bands cut left's columns too, Z = left·Y is a phase of its own between them, range by range of k.
 * @throws PlanDoesNotFitError when what a package needs of Y is too large for a worker.
 */
export function checkPhases(cut: CutProduct): Pick<OperationPlan, 'extra' | 'phases'> {
  const { task, bands, input } = cut;
  const { m, k } = task;
  const vectors = { seed: input.verify.seed, rounds: input.verify.rounds };
  const width = vectors.rounds + 1;
  const ranges = Math.ceil(k / bands.kRange);
  const workerBytes = productCheckBytes(bands.kRange, bands.m, width);
  if (workerBytes > input.fleet.memoryBytes)
    throw new PlanDoesNotFitError(`the check of a product with k = ${k}`, workerBytes, input.fleet.memoryBytes);
  const check = { ...cut, vectors, width, ranges, workerBytes };
  const float64 = (shape: ArrayDeclaration['shape'], chunk: ArrayDeclaration['chunk']) =>
    ({ shape, dtype: 'float64', chunk }) as const;
  const y = { Y: float64([k, width], [bands.k, width]) };
  if (ranges === 1) return { extra: y, phases: [projectPhase(check), productPhase(check)] };
  const z = { Z: float64([m, ranges * width], [bands.m, width]) };
  return { extra: { ...y, ...z }, phases: [projectPhase(check), applyPhase(check), productPhase(check)] };
}

/** Y = right·r and the norms of right's rows. */
function projectPhase({ task, blocks, bands, input, vectors, width, workerBytes }: Check): PhasePlan {
  const { k, n, right } = task;
  const grid = gridOf([k, n], [bands.k, n]);
  const readBytes = k * n * bytesPerElement(input.dtype);
  const yBytes = k * width * 8;
  const chunk = elementsOf(task.stored.B ?? [blocks.chunk.k, blocks.chunk.n]);
  return {
    phase: 'project',
    packages: grid.count,
    at(index) {
      const region = grid.region(index);
      return {
        kind: 'verify',
        check: {
          step: 'project',
          b: operandPiece(right, region),
          ...(right.transposed ? { transB: true } : {}),
          vectors,
          y: piece('Y', { ...region, col: 0, cols: width }),
        },
      };
    },
    cost: {
      bytesRead: readBytes,
      bytesWritten: yBytes,
      seconds: movingSeconds(grid.count, readBytes + yBytes, input.fleet),
      workerBytes,
      packageBytes: projectBytes(bands.k, n, width, chunk),
    },
  };
}

/** Z: left·Y and |left| times the norms, each range of k for itself; like Y it says nothing of C, so anybody may make it. */
function applyPhase(check: Check): PhasePlan {
  const { task, bands, input, width, ranges, workerBytes } = check;
  const { m, k, left } = task;
  const grid = gridOf([m, k], [bands.m, bands.kRange]);
  const readBytes = m * k * bytesPerElement(input.dtype) + Math.ceil(m / bands.m) * k * width * 8;
  const zBytes = m * ranges * width * 8;
  return {
    phase: 'project',
    packages: grid.count,
    at(index) {
      const region = grid.region(index);
      const { row, rows, col, cols } = region;
      return {
        kind: 'verify',
        check: {
          step: 'apply',
          a: operandPiece(left, region),
          ...(left.transposed ? { transA: true } : {}),
          y: piece('Y', { row: col, col: 0, rows: cols, cols: width }),
          z: piece('Z', { row, col: (col / bands.kRange) * width, rows, cols: width }),
        },
      };
    },
    cost: {
      bytesRead: readBytes,
      bytesWritten: zBytes,
      seconds: movingSeconds(grid.count, readBytes + zBytes, input.fleet),
      workerBytes,
      packageBytes: compareBytes(bands.kRange, bands.m, 0, width, chunksOfA(check)),
    },
  };
}

/** C·r against alpha·left·Y + beta·C0·r, of which left·Y is there already where k was cut. */
function productPhase(check: Check): PhasePlan {
  const { task, bands, input, vectors, width, ranges, workerBytes } = check;
  const { m, n, k, left, alpha, beta } = task;
  const grid = gridOf([m, k], [bands.m, k]);
  const known =
    ranges === 1 ? m * k * bytesPerElement(input.dtype) + grid.count * k * width * 8 : m * ranges * width * 8;
  const readBytes = known + (beta === 0 ? 1 : 2) * m * n * bytesPerElement(input.dtype);
  const ofA = chunksOfA(check);
  const ofC = check.blocks.chunk.m * check.blocks.chunk.n;
  return {
    phase: 'verify',
    packages: grid.count,
    at(index) {
      const region = grid.region(index);
      const { row, rows } = region;
      const c = { row, rows, col: 0, cols: n };
      const compared = {
        c: piece('C', c),
        vectors,
        ...(alpha === 1 ? {} : { alpha }),
        ...(beta === 0 ? {} : { c0: piece('C0', c), beta }),
      };
      if (ranges > 1) {
        const z = piece('Z', { row, rows, col: 0, cols: ranges * width });
        return { kind: 'verify', check: { step: 'total', k, z, ...compared } };
      }
      return {
        kind: 'verify',
        check: {
          step: 'product',
          a: operandPiece(left, region),
          ...(left.transposed ? { transA: true } : {}),
          y: piece('Y', { row: 0, col: 0, rows: k, cols: width }),
          ...compared,
        },
      };
    },
    checks: (index) => blocksOf(check, grid.region(index)),
    cost: {
      bytesRead: readBytes,
      bytesWritten: 0,
      seconds: movingSeconds(grid.count, readBytes, input.fleet),
      workerBytes,
      packageBytes: compareBytes(ranges === 1 ? k : 0, bands.m, n, width, ranges === 1 ? Math.max(ofA, ofC) : ofC),
    },
  };
}

function chunksOfA({ task, blocks }: Check): number {
  return elementsOf(task.stored.A ?? [blocks.chunk.m, blocks.chunk.k]);
}

function elementsOf([rows, cols]: readonly [number, number]): number {
  return rows * cols;
}

/** Numbers of the packages that computed something of these rows of C with these columns of left. */
function* blocksOf(
  { task, blocks }: CutProduct,
  { row, rows, col, cols }: { row: number; rows: number; col: number; cols: number },
): Generator<number> {
  const grid = gridOf([task.m, task.n], [blocks.block.rows, blocks.block.cols]);
  const first = Math.floor(row / grid.block[0]);
  const last = Math.floor((row + rows - 1) / grid.block[0]);
  const within = (at: number) => at >= first && at <= last;
  const firstPart = Math.floor(col / blocks.kRange);
  const lastPart = Math.floor((col + cols - 1) / blocks.kRange);
  for (let block = 0; block < blocks.count; block++) {
    const place = task.symmetric ? upperAt(block, grid.rows) : { row: Math.floor(block / grid.cols), col: -1 };
    if (!within(place.row) && !within(place.col)) continue;
    for (let part = firstPart; part <= lastPart; part++) yield block * blocks.splits + part;
  }
}
