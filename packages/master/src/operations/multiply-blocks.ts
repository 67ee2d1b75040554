import { bytesPerElement, type DType, type Shape } from '@tessera/protocol';
import { makespan, multiplyBytes, type FleetModel } from '../plan/cost-model.ts';
import { PlanDoesNotFitError } from '../plan/errors.ts';
import { evenChunk } from '@tessera/matrix';

/** Elements of a stored piece of an operand: 8 MiB of float64. */
const PIECE_ELEMENTS = 1 << 20;
/** Edges of C's chunks to choose from: large ones move fewer objects, small ones feed more workers. */
const CHUNK_EDGES = [1024, 512, 256, 128, 64];
/** Longest step in k: beyond it the kernel gains nothing and the prefetch costs memory. */
const LONGEST_STEP = 16_384;
const SHORTEST_STEP = 256;

/** How a product is cut: chunk edges, and blocks of C in multiples of them, over ranges of k. All in elements. */
export interface MultiplyBlocks {
  readonly chunk: { readonly m: number; readonly n: number; readonly k: number };
  readonly block: { readonly rows: number; readonly cols: number };
  /** Elements of k that one package sums, a multiple of `chunk.k`. */
  readonly kRange: number;
  readonly splits: number;
  readonly packages: number;
  readonly readElements: number;
  readonly peakBytes: number;
}

/**
 * Chooses the blocks of C = A·B (m x k times k x n): among all block sizes in whole chunks and all splits of k that fit a
 * worker's memory, the one that the cost model expects to end first; of equals the one that reads least.
 * @throws PlanDoesNotFitError when not even one chunk fits.
 */
export function chooseBlocks(m: number, n: number, k: number, dtype: DType, fleet: FleetModel): MultiplyBlocks {
  let best: (MultiplyBlocks & { seconds: number }) | undefined;
  let smallest = Infinity;
  for (const edge of CHUNK_EDGES) {
    const chunk = chunkOf(m, n, k, edge);
    const [mChunks, nChunks, kChunks] = [Math.ceil(m / chunk.m), Math.ceil(n / chunk.n), Math.ceil(k / chunk.k)];
    for (const p of distinctRuns(mChunks)) {
      for (const q of distinctRuns(nChunks)) {
        const rows = Math.min(m, p * chunk.m);
        const cols = Math.min(n, q * chunk.n);
        const peakBytes = multiplyBytes(rows, cols, chunk.k, dtype);
        smallest = Math.min(smallest, peakBytes);
        if (peakBytes > fleet.memoryBytes) continue;
        for (const run of splitRuns(kChunks)) {
          const candidate = describe(
            { m, n, k },
            chunk,
            rows,
            cols,
            Math.min(k, run * chunk.k),
            dtype,
            fleet,
            peakBytes,
          );
          if (!best || candidate.seconds < best.seconds * 0.999) best = candidate;
        }
      }
    }
    // Smaller chunks are only looked at when the larger ones leave workers without work or do not fit.
    if (best && best.packages >= 2 * fleet.workers) break;
  }
  if (!best)
    throw new PlanDoesNotFitError(`a block of the product of ${m}x${k} and ${k}x${n}`, smallest, fleet.memoryBytes);
  const { seconds: _, ...blocks } = best;
  return blocks;
}

function chunkOf(m: number, n: number, k: number, edge: number): MultiplyBlocks['chunk'] {
  const chunkM = evenChunk(m, edge);
  const chunkN = evenChunk(n, edge);
  const step = Math.floor(PIECE_ELEMENTS / Math.max(chunkM, chunkN));
  return { m: chunkM, n: chunkN, k: evenChunk(k, Math.max(SHORTEST_STEP, Math.min(LONGEST_STEP, step))) };
}

function describe(
  { m, n, k }: { m: number; n: number; k: number },
  chunk: MultiplyBlocks['chunk'],
  rows: number,
  cols: number,
  kRange: number,
  dtype: DType,
  fleet: FleetModel,
  peakBytes: number,
): MultiplyBlocks & { seconds: number } {
  const blocks = Math.ceil(m / rows) * Math.ceil(n / cols);
  const splits = Math.ceil(k / kRange);
  const packages = blocks * splits;
  const size = bytesPerElement(dtype);
  const partials = splits === 1 ? 0 : m * n * splits;
  const readElements = Math.ceil(n / cols) * m * k + Math.ceil(m / rows) * k * n + partials;
  const computeSeconds = (2 * rows * cols * kRange) / fleet.flopsPerSecond;
  const moveSeconds = ((rows + cols) * kRange + rows * cols) * (size / fleet.bytesPerSecond);
  // Moving overlaps computing, except for the first operands and the last result.
  const each =
    Math.max(computeSeconds, moveSeconds) + 0.25 * Math.min(computeSeconds, moveSeconds) + fleet.secondsPerPackage;
  const reduceSeconds =
    partials === 0 ? 0 : (partials * size) / (fleet.bytesPerSecond * fleet.workers) + fleet.secondsPerPackage;
  const seconds = makespan(packages, each, fleet.workers) + reduceSeconds;
  return { chunk, block: { rows, cols }, kRange, splits, packages, readElements, peakBytes, seconds };
}

/** Run lengths r such that ceil(count / r) takes every value it can, longest first: a few times sqrt(count) of them. */
function distinctRuns(count: number): number[] {
  const runs = new Set<number>();
  for (let parts = 1; parts <= count; parts = nextParts(count, parts)) runs.add(Math.ceil(count / parts));
  return [...runs];
}

function nextParts(count: number, parts: number): number {
  const run = Math.ceil(count / parts);
  return run === 1 ? count + 1 : Math.max(parts + 1, Math.ceil(count / (run - 1)));
}

/** Splits of k into 1, 2, 4, 8, ... parts, in whole chunks. */
function splitRuns(kChunks: number): number[] {
  const runs = new Set<number>();
  for (let parts = 1; parts < 2 * kChunks && parts <= 4096; parts *= 2)
    runs.add(Math.ceil(kChunks / Math.min(parts, kChunks)));
  return [...runs];
}

/** The shape of one chunk of each matrix. */
export function chunkShapes({ chunk }: MultiplyBlocks): { A: Shape; B: Shape; C: Shape } {
  return { A: [chunk.m, chunk.k], B: [chunk.k, chunk.n], C: [chunk.m, chunk.n] };
}
