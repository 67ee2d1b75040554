import type { ArrayDeclaration, CsvText, JobSpec, OperandSpec, RandomRecipe } from '@tessera/protocol';
import { gridOf, piece } from './grid.ts';
import type { PhasePlan } from './plan.ts';

/** Bytes of CSV text that one ingest package parses at least, so that small rows share a package. */
const INGEST_BYTES = 4 * 1024 * 1024;
/** Elements that one generate package makes at most. */
const GENERATE_ELEMENTS = 1 << 20;
/** Elements that one export package writes as text. */
const EXPORT_ELEMENTS = 1 << 18;

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
    },
  ];
}

/** Packages that fill a random operand, a few whole chunks each. */
export function generatePhase(name: string, array: ArrayDeclaration, recipe: RandomRecipe): PhasePlan {
  const perPackage = Math.max(1, Math.floor(GENERATE_ELEMENTS / (array.chunk[0] * array.chunk[1])));
  const chunkCols = Math.ceil(array.shape[1] / array.chunk[1]);
  const cols = Math.min(array.shape[1], Math.min(perPackage, chunkCols) * array.chunk[1]);
  const grid = gridOf(array.shape, [array.chunk[0], cols]);
  return {
    phase: 'generate',
    packages: grid.count,
    at: (index) => ({ kind: 'generate', recipe, sink: piece(name, grid.region(index)) }),
  };
}

/**
 * Packages that parse a CSV operand: whole rows of chunks each, from the text bands that hold their rows. A text that can
 * only be read from its start (compressed, quoted) is one package.
 */
export function ingestPhase(name: string, array: ArrayDeclaration, text: CsvText): PhasePlan {
  const [rows, cols] = array.shape;
  const textBytes = text.bands.at(-1)!.byteEnd - text.bands[0]!.byteStart;
  const bytesPerRow = Math.max(1, textBytes / rows);
  const chunkRows = Math.max(1, Math.round(INGEST_BYTES / bytesPerRow / array.chunk[0]));
  const rowsEach =
    text.bands.length === 1 && (text.gzip || text.quoted) ? rows : Math.min(rows, chunkRows * array.chunk[0]);
  const grid = gridOf(array.shape, [rowsEach, cols]);
  return {
    phase: 'ingest',
    packages: grid.count,
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
export function exportPhase(name: string, array: ArrayDeclaration): PhasePlan {
  const [rows, cols] = array.shape;
  const wanted = Math.max(1, Math.round(EXPORT_ELEMENTS / cols / array.chunk[0])) * array.chunk[0];
  const grid = gridOf(array.shape, [Math.min(rows, wanted), cols]);
  return {
    phase: 'export',
    packages: grid.count,
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

/** Where an operand is stored once the operand phases are over. */
export function operandArray(
  name: 'A' | 'B',
  operand: OperandSpec,
  job: JobSpec,
  chunk: readonly [number, number],
): ArrayDeclaration {
  if (operand.kind === 'csv') {
    return { url: `${job.workspace}/${name}.zarr`, shape: operand.shape, dtype: job.dtype, chunk };
  }
  if (operand.kind === 'random') return { url: operand.url, shape: operand.shape, dtype: job.dtype, chunk };
  return { url: operand.url, shape: operand.shape, dtype: operand.dtype, chunk: operand.chunk ?? chunk };
}
