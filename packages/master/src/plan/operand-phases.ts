import {
  bytesPerElement,
  storedShape,
  type ArrayDeclaration,
  type CsvText,
  type JobSpec,
  type OperandSpec,
  type RandomRecipe,
} from '@tessera/protocol';
import { exportBytes, generateBytes, ingestBytes, makespan, type FleetModel } from './cost-model.ts';
import { PlanDoesNotFitError } from './errors.ts';
import { gridOf, piece } from './grid.ts';
import type { PhaseCost, PhasePlan } from './plan.ts';

/** How much work a package is at least worth sending for. */
export interface LeastWork {
  /** Elements that a generate package makes. */
  readonly generated: number;
  /** Bytes of CSV text that an ingest package parses, about: small rows share a package. */
  readonly ingestBytes: number;
  /** Elements that an export package writes as text, about. */
  readonly exported: number;
}

export const LEAST_WORK: LeastWork = { generated: 1 << 17, ingestBytes: 4 * 1024 * 1024, exported: 1 << 18 };
/** Elements that one generate package makes at most: more would hold memory for nothing. */
const LARGEST_GENERATED = 1 << 22;
/** Random elements a second. */
const GENERATED_PER_SECOND = 50e6;
/** Bytes of an element as CSV text, and of text that a worker reads or writes in a second. */
const TEXT_BYTES = 19;
const TEXT_PER_SECOND = 100e6;

/** One phase out of several plans of it: their packages one after another. */
export function joined(plans: readonly PhasePlan[]): PhasePlan[] {
  if (plans.length === 0) return [];
  return [
    {
      phase: plans[0]!.phase,
      packages: plans.reduce((sum, plan) => sum + plan.packages, 0),
      at(index) {
        let left = index;
        for (const plan of plans) {
          if (left < plan.packages) return plan.at(left);
          left -= plan.packages;
        }
        throw new RangeError(`package ${index} of a phase that has fewer`);
      },
      cost: {
        bytesRead: plans.reduce((sum, { cost }) => sum + (cost?.bytesRead ?? 0), 0),
        bytesWritten: plans.reduce((sum, { cost }) => sum + (cost?.bytesWritten ?? 0), 0),
        seconds: plans.reduce((sum, { cost }) => sum + (cost?.seconds ?? 0), 0),
        workerBytes: Math.max(...plans.map(({ cost }) => cost?.workerBytes ?? 0)),
      },
    },
  ];
}

function textCost(
  { read, written, text, workerBytes }: { read: number; written: number; text: number; workerBytes: number },
  packages: number,
  fleet: FleetModel,
): PhaseCost {
  const each = text / packages / TEXT_PER_SECOND + (read + written) / packages / fleet.bytesPerSecond;
  return {
    bytesRead: read,
    bytesWritten: written,
    seconds: makespan(packages, each + fleet.secondsPerPackage, fleet.workers),
    workerBytes,
  };
}

/**
 * Packages that fill a random operand, whole chunks each: one for each worker (two operands make two), more where memory
 * or `LARGEST_GENERATED` asks for them, fewer where there is little to make.
 */
export function generatePhase(
  name: string,
  array: ArrayDeclaration,
  recipe: RandomRecipe,
  fleet: FleetModel,
  least: LeastWork = LEAST_WORK,
): PhasePlan {
  const [rows, cols] = array.shape;
  const [chunkRows, chunkCols] = array.chunk;
  const bytes = bytesPerElement(array.dtype);
  const fits = Math.floor(
    (fleet.memoryBytes - generateBytes(0, array.dtype)) /
      (generateBytes(1, array.dtype) - generateBytes(0, array.dtype)),
  );
  const even = Math.ceil((rows * cols) / fleet.workers);
  const elements = Math.min(Math.max(even, least.generated), LARGEST_GENERATED, fits);
  const chunks = Math.max(1, Math.floor(elements / (chunkRows * chunkCols)));
  const across = Math.ceil(cols / chunkCols);
  const block: readonly [number, number] =
    chunks < across
      ? [Math.min(rows, chunkRows), Math.min(cols, chunks * chunkCols)]
      : [Math.min(rows, Math.floor(chunks / across) * chunkRows), cols];
  const grid = gridOf(array.shape, block);
  const written = rows * cols * bytes;
  return {
    phase: 'generate',
    packages: grid.count,
    at: (index) => ({ kind: 'generate', recipe, sink: piece(name, grid.region(index)) }),
    cost: {
      bytesRead: 0,
      bytesWritten: written,
      seconds: makespan(
        grid.count,
        (rows * cols) / grid.count / GENERATED_PER_SECOND +
          written / grid.count / fleet.bytesPerSecond +
          fleet.secondsPerPackage,
        fleet.workers,
      ),
      workerBytes: generateBytes(block[0] * block[1], array.dtype),
    },
  };
}

/**
 * Packages that parse a CSV operand: whole rows of chunks each, from the text bands that hold their rows. A text that can
 * only be read from its start (compressed, quoted) is one package, which holds one row of chunks at a time.
 * @throws PlanDoesNotFitError when one row of chunks does not fit a worker's memory.
 */
export function ingestPhase(
  name: string,
  array: ArrayDeclaration,
  text: CsvText,
  fleet: FleetModel,
  least: LeastWork = LEAST_WORK,
): PhasePlan {
  const [rows, cols] = array.shape;
  const textBytes = text.bands.at(-1)!.byteEnd - text.bands[0]!.byteStart;
  const bytesPerRow = Math.max(1, textBytes / rows);
  const most = Math.min(rows, array.chunk[0]);
  const needed = (height: number) => ingestBytes(height * cols, array.chunk[0] * array.chunk[1], array.dtype);
  if (needed(most) > fleet.memoryBytes)
    throw new PlanDoesNotFitError(
      `${most} rows of the CSV of ${name}, ${cols} numbers each,`,
      needed(most),
      fleet.memoryBytes,
    );
  let chunkRows = Math.max(1, Math.round(least.ingestBytes / bytesPerRow / array.chunk[0]));
  while (chunkRows > 1 && needed(chunkRows * array.chunk[0]) > fleet.memoryBytes) chunkRows = Math.floor(chunkRows / 2);
  const isOne = text.bands.length === 1 && (text.gzip || text.quoted);
  const rowsHeld = Math.min(rows, isOne ? array.chunk[0] : chunkRows * array.chunk[0]);
  const rowsEach = isOne ? rows : rowsHeld;
  const grid = gridOf(array.shape, [rowsEach, cols]);
  return {
    phase: 'ingest',
    packages: grid.count,
    cost: textCost(
      {
        read: textBytes,
        written: rows * cols * bytesPerElement(array.dtype),
        text: textBytes,
        workerBytes: needed(rowsHeld),
      },
      grid.count,
      fleet,
    ),
    at(index) {
      const region = grid.region(index);
      const last = region.row + region.rows - 1;
      const first = text.bands[bandOf(text, region.row)]!;
      const end = text.bands[bandOf(text, last)]!;
      return {
        kind: 'ingest',
        text: name,
        bytes: { start: first.byteStart, end: end.byteEnd },
        firstRow: first.firstRow,
        skipRows: region.row - first.firstRow,
        sink: piece(name, region),
      };
    },
  };
}

/**
 * Packages that write an array as CSV text: whole rows of chunks each, or fewer rows where memory asks for that, though
 * chunks are read several times then.
 * @param workspace URL of the store that the text goes to
 * @throws PlanDoesNotFitError when a single row does not fit a worker's memory.
 */
export function exportPhase(
  name: string,
  array: ArrayDeclaration,
  workspace: string,
  fleet: FleetModel,
  least: LeastWork = LEAST_WORK,
): PhasePlan {
  const [rows, cols] = array.shape;
  let height = Math.min(rows, Math.max(1, Math.round(least.exported / cols / array.chunk[0])) * array.chunk[0]);
  while (height > 1 && exportBytes(height, array, workspace) > fleet.memoryBytes) height = Math.ceil(height / 2);
  const workerBytes = exportBytes(height, array, workspace);
  if (workerBytes > fleet.memoryBytes)
    throw new PlanDoesNotFitError(`a row of ${name} as CSV, ${cols} numbers,`, workerBytes, fleet.memoryBytes);
  const grid = gridOf(array.shape, [height, cols]);
  const text = rows * cols * TEXT_BYTES;
  return {
    phase: 'export',
    packages: grid.count,
    cost: textCost(
      { read: rows * cols * bytesPerElement(array.dtype), written: text, text, workerBytes },
      grid.count,
      fleet,
    ),
    at: (index) => ({ kind: 'export', source: piece(name, grid.region(index)), text: name, part: index }),
  };
}

/** Index of the band that holds a row (binary search: a large text has thousands of bands). */
function bandOf(text: CsvText, row: number): number {
  let low = 0;
  let high = text.bands.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (text.bands[middle]!.firstRow <= row) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Where an operand is stored once the operand phases are over. @param chunk as stored */
export function operandArray(
  name: string,
  operand: OperandSpec,
  job: JobSpec,
  chunk: readonly [number, number],
): ArrayDeclaration {
  const shape = storedShape(operand);
  if (operand.kind === 'csv') return { url: `${job.workspace}/${name}.zarr`, shape, dtype: job.dtype, chunk };
  if (operand.kind === 'random') return { url: operand.url, shape, dtype: job.dtype, chunk };
  return { url: operand.url, shape, dtype: operand.dtype, chunk: operand.chunk ?? chunk };
}
