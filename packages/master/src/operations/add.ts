import { bytesPerElement, type Shape } from '@tessera/protocol';
import { elementWiseBytes } from '../plan/cost-model.ts';
import { PlanDoesNotFitError } from '../plan/errors.ts';
import { evenChunk } from '@tessera/matrix';
import { gridOf, piece } from '../plan/grid.ts';
import type { OperationPlan } from '../plan/plan.ts';
import type { MasterOperation, OperationInput } from './operation.ts';

/** Elements of a tile: large enough to drown a package's overhead, small enough to stay near the caches. */
const TILE_ELEMENTS = 1 << 20;
/** Widest tile: whole rows up to here, so that row-major files are read in long runs. */
const TILE_COLS = 8192;
/** Below this many elements a tile costs less than its message. */
const SMALLEST_TILE = 1 << 15;

/** C = A + B, tile by tile: each element is read once, added once, and checked once. */
export const add: MasterOperation = {
  verification: 'exact',
  plan(input: OperationInput): OperationPlan {
    const shape = input.shapes.C;
    const chunk = chunkFor(input);
    const grid = gridOf(shape, chunk);
    const elements = shape[0] * shape[1];
    const bytes = elements * bytesPerElement(input.dtype);
    const peakWorkerBytes = elementWiseBytes(chunk[0], chunk[1], input.dtype);
    if (peakWorkerBytes > input.fleet.memoryBytes) {
      throw new PlanDoesNotFitError(`a tile of ${chunk[0]}x${chunk[1]}`, peakWorkerBytes, input.fleet.memoryBytes);
    }
    const pieces = (index: number) => {
      const region = grid.region(index);
      return { a: piece('A', region), b: piece('B', region), c: piece('C', region) };
    };
    return {
      chunks: { A: chunk, B: chunk, C: chunk },
      extra: {},
      phases: [
        { phase: 'compute', packages: grid.count, at: (index) => ({ kind: 'add', ...pieces(index) }) },
        ...(input.verify.rounds === 0
          ? []
          : [
              {
                phase: 'verify' as const,
                packages: grid.count,
                at: (index: number) => ({
                  kind: 'verify' as const,
                  check: { step: 'elements' as const, ...pieces(index) },
                }),
              },
            ]),
      ],
      figures: {
        bytesRead: 2 * bytes + (input.verify.rounds === 0 ? 0 : 3 * bytes),
        bytesWritten: bytes,
        peakWorkerBytes,
        lowerBoundBytes: 3 * bytes,
        flops: elements,
      },
      summary: `${grid.count} ${grid.count === 1 ? 'tile' : 'tiles'} of ${chunk[0]}x${chunk[1]}`,
    };
  },
};

/** The chunk of a stored operand, when it is of a sensible size; else as wide as fits, at least two tiles for each worker. */
function chunkFor({ shapes, stored, fleet, dtype }: OperationInput): Shape {
  const [rows, cols] = shapes.C;
  const memoryElements = (fleet.memoryBytes - elementWiseBytes(0, 0, dtype)) / 6 / bytesPerElement(dtype);
  const limit = Math.min(TILE_ELEMENTS, Math.max(memoryElements, SMALLEST_TILE));
  const existing = stored.A ?? stored.B;
  if (existing && existing[0] * existing[1] <= limit && existing[0] * existing[1] >= SMALLEST_TILE) return existing;
  const wanted = Math.max(SMALLEST_TILE, Math.min(limit, (rows * cols) / (2 * fleet.workers)));
  const width = evenChunk(cols, Math.min(TILE_COLS, wanted));
  return [evenChunk(rows, Math.max(1, Math.ceil(wanted / width))), width];
}
