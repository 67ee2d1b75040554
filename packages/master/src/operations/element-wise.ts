import { bytesPerElement } from '@tessera/protocol';
import { elementWiseBytes, movingSeconds, WORKER_BASE_BYTES } from '../plan/cost-model.ts';
import { cut, type Cut } from '../plan/cut.ts';
import { PlanDoesNotFitError } from '../plan/errors.ts';
import { gridOf, piece } from '../plan/grid.ts';
import type { OperationPlan, PhasePlan } from '../plan/plan.ts';
import type { OperationInput } from './operation.ts';

/** Elements of a stored chunk: large enough to drown a request, small enough to stay near the caches. */
const CHUNK_ELEMENTS = 1 << 20;
/** Widest chunk of arrays that nothing reads row by row. */
const CHUNK_COLS = 8192;
/** Elements of a package: below the first its message costs more than its work, above the second memory is held for nothing. */
const SMALLEST_PACKAGE = 1 << 17;
const LARGEST_PACKAGE = 1 << 22;
/** Packages for each worker where there is work for so many, so that none waits long for the last. */
const PACKAGES_PER_WORKER = 2;
/** Tiles of a package and their copies on the way, of two packages: see `elementWiseBytes`. */
const TILES_HELD = 12;

/** C = alpha·A + beta·B, tile by tile: each element is read once, combined once, and checked once. */
export function planElementWise(
  input: OperationInput,
  { alpha, beta }: { alpha: number; beta: number },
  { rows, cols }: { readonly rows: Cut; readonly cols: Cut } = cutElementWise(input),
): OperationPlan {
  const { shapes, dtype, fleet, verify } = input;
  const chunk = [rows.chunk, cols.chunk] as const;
  const grid = gridOf(shapes.C, [rows.length, cols.length]);
  const peakWorkerBytes = elementWiseBytes(rows.length * cols.length, chunk[0] * chunk[1], dtype);
  if (peakWorkerBytes > fleet.memoryBytes)
    throw new PlanDoesNotFitError(`a tile of ${rows.length}x${cols.length}`, peakWorkerBytes, fleet.memoryBytes);
  const bytes = shapes.C[0] * shapes.C[1] * bytesPerElement(dtype);
  // What is 1 is left out: a sum's packages say nothing of it.
  const scalars = { ...(alpha === 1 ? {} : { alpha }), ...(beta === 1 ? {} : { beta }) };
  const pieces = (index: number) => {
    const region = grid.region(index);
    return { a: piece('A', region), b: piece('B', region), c: piece('C', region), ...scalars };
  };
  const compute: PhasePlan = {
    phase: 'compute',
    packages: grid.count,
    at: (index) => ({ kind: 'add', ...pieces(index) }),
    cost: { bytesRead: 2 * bytes, bytesWritten: bytes, seconds: movingSeconds(grid.count, 3 * bytes, fleet) },
  };
  const check: PhasePlan = {
    phase: 'verify',
    packages: grid.count,
    at: (index) => ({ kind: 'verify', check: { step: 'elements', ...pieces(index) } }),
    checks: (index) => [index],
    cost: { bytesRead: 3 * bytes, bytesWritten: 0, seconds: movingSeconds(grid.count, 3 * bytes, fleet) },
  };
  return {
    chunks: { A: chunk, B: chunk, C: chunk },
    extra: {},
    phases: verify.rounds === 0 ? [compute] : [compute, check],
    figures: {
      peakWorkerBytes,
      movedBytes: 3 * bytes,
      lowerBoundBytes: 3 * bytes,
      bound: 'compulsory',
      ratio: 1,
      flops: shapes.C[0] * shapes.C[1],
    },
    summary: `${grid.count} ${grid.count === 1 ? 'tile' : 'tiles'} of ${rows.length}x${cols.length}`,
  };
}

/**
 * Packages of whole rows where they fit, in whole chunks, two for each worker or, where those would be too large, a
 * multiple of the workers; chunks of operands that are stored already stay whole.
 */
function cutElementWise({ shapes, stored, fleet, dtype, rowByRow }: OperationInput): { rows: Cut; cols: Cut } {
  const [rows, cols] = shapes.C;
  const memoryElements = Math.floor((fleet.memoryBytes - WORKER_BASE_BYTES) / TILES_HELD / bytesPerElement(dtype));
  const largest = Math.max(1, Math.min(LARGEST_PACKAGE, memoryElements));
  const unit = (axis: 0 | 1): number | undefined => {
    const chunks = [stored.A, stored.B].filter((chunk) => chunk !== undefined);
    if (chunks.length === 0 || chunks.some((chunk) => chunk[0] * chunk[1] > largest)) return undefined;
    return Math.max(...chunks.map((chunk) => chunk[axis]));
  };
  const unitRows = Math.min(unit(0) ?? 1, rows);
  const unitCols = unit(1);
  const width = cut(cols, Math.ceil((unitRows * cols) / largest), rowByRow ? CHUNK_ELEMENTS : CHUNK_COLS, unitCols);
  const wanted = packagesWanted(rows * cols, largest, fleet.workers);
  const height = cut(
    rows,
    Math.min(
      rows,
      Math.max(1, Math.ceil(wanted / width.parts), Math.ceil(rows / Math.floor(largest / width.length || 1))),
    ),
    Math.max(1, Math.floor(CHUNK_ELEMENTS / width.chunk)),
    unit(0),
  );
  return { rows: height, cols: width };
}

function packagesWanted(elements: number, largest: number, workers: number): number {
  const perWorker = Math.max(PACKAGES_PER_WORKER, Math.ceil(elements / workers / largest));
  return Math.min(perWorker * workers, Math.max(1, Math.ceil(elements / SMALLEST_PACKAGE)));
}
