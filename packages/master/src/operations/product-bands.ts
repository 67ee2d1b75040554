import { evenChunk } from '@tessera/matrix';
import { bytesPerElement } from '@tessera/protocol';
import { longestPackage, movingSeconds, productCheckBytes } from '../plan/cost-model.ts';
import type { MultiplyBlocks } from './multiply-blocks.ts';
import type { OperationInput } from './operation.ts';
import type { ProductTask } from './product.ts';

/** Bands of each half of the check for each worker. */
const BANDS_PER_WORKER = 2;
/** Elements of a band: fewer are not worth a package. */
const SMALLEST_BAND = 1 << 17;
/** A split of k is one more phase to wait for, so it has to save a quarter of the seconds. */
const SPLIT_SAVES = 0.75;
/** Ranges of k at most: the package that sums them reads each. */
const MOST_RANGES = 2048;

/** How the check of a product is cut. */
export interface Bands {
  /** Rows of right that one package of its first half takes. */
  readonly k: number;
  /** Rows of left and of C that one package of its second half takes. */
  readonly m: number;
  /** Columns of left that one package takes: all, or a range whose products are stored and then summed. */
  readonly kRange: number;
}

/**
 * Bands of whole chunks, several for each worker. Where left has too few rows for that, or where all of Y (k numbers for
 * each round) is too large for a worker, its columns are cut too.
 */
export function bandsOf(task: ProductTask, blocks: MultiplyBlocks, input: OperationInput): Bands {
  const { m, n, k } = task;
  const { chunk } = blocks;
  const { fleet, verify } = input;
  const least = (elements: number) => {
    const seconds = (elements * bytesPerElement(input.dtype)) / fleet.bytesPerSecond;
    return Math.max(BANDS_PER_WORKER * fleet.workers, Math.ceil(seconds / longestPackage(seconds / fleet.workers)));
  };
  const height = band(m, k + n, chunk.m, least(m * (k + n)));
  const bands = Math.ceil(m / height);
  const unit = Math.min(k, task.stored.A?.[1] ?? chunk.k);
  const rangeOf = (parts: number) => Math.min(k, Math.ceil(k / parts / unit) * unit);
  const yCols = verify.rounds + 1;
  const fits = (kRange: number) => productCheckBytes(kRange, height, yCols) <= fleet.memoryBytes;
  const seconds = (kRange: number) => {
    const ranges = Math.ceil(k / kRange);
    const left = m * k * bytesPerElement(input.dtype) + bands * k * yCols * 8;
    const right = m * n * bytesPerElement(input.dtype);
    const sums = ranges * m * yCols * 8;
    return ranges === 1
      ? movingSeconds(bands, left + right, fleet)
      : movingSeconds(bands * ranges, left + sums, fleet) + movingSeconds(bands, right + sums, fleet);
  };
  const most = Math.min(MOST_RANGES, Math.ceil(k / unit));
  let parts = Math.max(1, Math.min(most, Math.floor((BANDS_PER_WORKER * fleet.workers) / bands)));
  if (fits(k) && seconds(rangeOf(parts)) > SPLIT_SAVES * seconds(k)) parts = 1;
  while (parts < most && !fits(rangeOf(parts))) parts = Math.min(most, 2 * parts);
  return { k: band(k, n, chunk.k, least(k * n)), m: height, kRange: rangeOf(parts) };
}

/** Rows of a band of rows of `width` elements: whole chunks, in so many bands at least but for those that are too small. */
function band(rows: number, width: number, chunk: number, bands: number): number {
  const wanted = Math.min(bands, Math.max(1, Math.ceil((rows * width) / SMALLEST_BAND)));
  const even = evenChunk(rows, Math.max(1, Math.ceil(rows / wanted)));
  return Math.min(rows, Math.ceil(even / chunk) * chunk);
}
