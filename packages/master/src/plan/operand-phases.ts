import {
  bytesPerElement,
  storedShape,
  type ArrayDeclaration,
  type CsvText,
  type JobSpec,
  type OperandSpec,
  type RandomRecipe,
} from '@tessera/protocol';
import { generateBytes, makespan, type FleetModel } from './cost-model.ts';
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
      },
    },
  ];
}

function textCost(read: number, written: number, text: number, packages: number, fleet: FleetModel): PhaseCost {
  const each = text / packages / TEXT_PER_SECOND + (read + written) / packages / fleet.bytesPerSecond;
  return {
    bytesRead: read,
    bytesWritten: written,
    seconds: makespan(packages, each + fleet.secondsPerPackage, fleet.workers),
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
    },
  };
}

/**
 * Packages that parse a CSV operand: whole rows of chunks each, from the text bands that hold their rows. A text that can
 * only be read from its start (compressed, quoted) is one package.
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
  const chunkRows = Math.max(1, Math.round(least.ingestBytes / bytesPerRow / array.chunk[0]));
  const rowsEach =
    text.bands.length === 1 && (text.gzip || text.quoted) ? rows : Math.min(rows, chunkRows * array.chunk[0]);
  const grid = gridOf(array.shape, [rowsEach, cols]);
  return {
    phase: 'ingest',
    packages: grid.count,
    cost: textCost(textBytes, rows * cols * bytesPerElement(array.dtype), textBytes, grid.count, fleet),
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

/** Packages that write an array as CSV text, whole rows of chunks each. */
export function exportPhase(
  name: string,
  array: ArrayDeclaration,
  fleet: FleetModel,
  least: LeastWork = LEAST_WORK,
): PhasePlan {
  const [rows, cols] = array.shape;
  const wanted = Math.max(1, Math.round(least.exported / cols / array.chunk[0])) * array.chunk[0];
  const grid = gridOf(array.shape, [Math.min(rows, wanted), cols]);
  const text = rows * cols * TEXT_BYTES;
  return {
    phase: 'export',
    packages: grid.count,
    cost: textCost(rows * cols * bytesPerElement(array.dtype), text, text, grid.count, fleet),
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
