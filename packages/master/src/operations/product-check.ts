import { evenChunk } from '@tessera/matrix';
import { bytesPerElement } from '@tessera/protocol';
import { movingSeconds, productCheckBytes } from '../plan/cost-model.ts';
import { PlanDoesNotFitError } from '../plan/errors.ts';
import { gridOf, operandPiece, piece, upperAt } from '../plan/grid.ts';
import type { OperationPlan } from '../plan/plan.ts';
import type { CutProduct, ProductTask } from './product.ts';
import type { MultiplyBlocks } from './multiply-blocks.ts';
import type { FleetModel } from '../plan/cost-model.ts';

/** Bands of each half of the check for each worker. */
const BANDS_PER_WORKER = 2;
/** Elements of a band: fewer are not worth a package. */
const SMALLEST_BAND = 1 << 17;

/** Rows of right, and of left and C, that one package of each half of the check takes. */
export interface Bands {
  readonly k: number;
  readonly m: number;
}

/** Bands of whole chunks, several for each worker. */
export function bandsOf(
  { m, n, k }: Pick<ProductTask, 'm' | 'n' | 'k'>,
  { chunk }: MultiplyBlocks,
  { workers }: FleetModel,
): Bands {
  return { k: band(k, n, chunk.k, workers), m: band(m, k + n, chunk.m, workers) };
}

/**
 * Freivalds' check in two phases: Y = right·r once, then C·r against alpha·left·Y + beta·C0·r for bands of rows.
 * @throws PlanDoesNotFitError when Y, of which each package needs all, is too large for a worker.
 */
export function checkPhases({ task, blocks, bands, input }: CutProduct): Pick<OperationPlan, 'extra' | 'phases'> {
  const { m, n, k, left, right, alpha, beta, symmetric } = task;
  const { fleet, verify } = input;
  const vectors = { seed: verify.seed, rounds: verify.rounds };
  const yCols = vectors.rounds + 1;
  const neededBytes = productCheckBytes(k, yCols);
  if (neededBytes > fleet.memoryBytes)
    throw new PlanDoesNotFitError(`the check of a product with k = ${k}`, neededBytes, fleet.memoryBytes);
  const bytes = bytesPerElement(input.dtype);
  const projected = gridOf([k, n], [bands.k, n]);
  const rows = gridOf([m, k], [bands.m, k]);
  const grid = gridOf([m, n], [blocks.block.rows, blocks.block.cols]);
  const yBytes = k * yCols * 8;
  const readBytes = (m * k + m * n + (beta === 0 ? 0 : m * n)) * bytes + rows.count * yBytes;
  return {
    extra: { Y: { shape: [k, yCols], dtype: 'float64', chunk: [bands.k, yCols] } },
    phases: [
      {
        phase: 'project',
        packages: projected.count,
        at(index) {
          const region = projected.region(index);
          return {
            kind: 'verify',
            check: {
              step: 'project',
              b: operandPiece(right, region),
              ...(right.transposed ? { transB: true } : {}),
              vectors,
              y: piece('Y', { ...region, col: 0, cols: yCols }),
            },
          };
        },
        cost: {
          bytesRead: k * n * bytes,
          bytesWritten: yBytes,
          seconds: movingSeconds(projected.count, k * n * bytes + yBytes, fleet),
          workerBytes: neededBytes,
        },
      },
      {
        phase: 'verify',
        packages: rows.count,
        at(index) {
          const region = rows.region(index);
          const c = { ...region, cols: n };
          return {
            kind: 'verify',
            check: {
              step: 'product',
              a: operandPiece(left, region),
              ...(left.transposed ? { transA: true } : {}),
              ...(alpha === 1 ? {} : { alpha }),
              ...(beta === 0 ? {} : { c0: piece('C0', c), beta }),
              c: piece('C', c),
              vectors,
              y: piece('Y', { row: 0, col: 0, rows: k, cols: yCols }),
            },
          };
        },
        *checks(index) {
          const region = rows.region(index);
          const first = Math.floor(region.row / grid.block[0]);
          const last = Math.floor((region.row + region.rows - 1) / grid.block[0]);
          const within = (row: number) => row >= first && row <= last;
          for (let block = 0; block < blocks.count; block++) {
            const place = symmetric ? upperAt(block, grid.rows) : { row: Math.floor(block / grid.cols), col: -1 };
            if (!within(place.row) && !within(place.col)) continue;
            for (let part = 0; part < blocks.splits; part++) yield block * blocks.splits + part;
          }
        },
        cost: {
          bytesRead: readBytes,
          bytesWritten: 0,
          seconds: movingSeconds(rows.count, readBytes, fleet),
          workerBytes: neededBytes,
        },
      },
    ],
  };
}

/** Rows of a band of rows of `width` elements: whole chunks, so many bands that every worker has some. */
function band(rows: number, width: number, chunk: number, workers: number): number {
  const wanted = Math.min(BANDS_PER_WORKER * workers, Math.max(1, Math.ceil((rows * width) / SMALLEST_BAND)));
  const even = evenChunk(rows, Math.max(1, Math.ceil(rows / wanted)));
  return Math.min(rows, Math.ceil(even / chunk) * chunk);
}
