import { bytesPerElement, type PackageBody, type TileSource } from '@tessera/protocol';
import { inputsOf, outputsOf } from './package-pieces.ts';

/** The slowest worker that is worth waiting for: plain loops on a slow core, and a bad line to the store. */
const FLOPS_PER_MS = 1e9 / 1000;
const BYTES_PER_MS = 2e6 / 1000;
/** How much slower than its plan, or than the median of the others, a package may be before its silence means anything. */
const PATIENCE_FACTOR = 10;
/** Floating point operations that element-wise work and checks spend on an element. */
const FLOPS_PER_ELEMENT = 20;
/** Products that checking a block again takes. */
const PRODUCTS = 2;

/**
 * Milliseconds until which a package's silence may be work: ten times what the others took, if that is known, else what
 * the slowest imaginable worker needs, but at most ten times what was planned.
 * @param plannedMs of one package of its phase, where the plan says so
 */
export function expectedMs(
  body: PackageBody,
  known: { plannedMs?: number | undefined; medianMs?: number | undefined } = {},
): number {
  if (known.medianMs !== undefined) return PATIENCE_FACTOR * known.medianMs;
  return Math.min(slowestMs(body), PATIENCE_FACTOR * (known.plannedMs ?? Infinity));
}

function slowestMs(body: PackageBody): number {
  const pieces = [...inputsOf(body), ...outputsOf(body)];
  const elements = pieces.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const product =
    body.kind === 'multiply'
      ? body
      : body.kind === 'verify' && body.check.step === 'recompute'
        ? body.check
        : undefined;
  const flops = elements * FLOPS_PER_ELEMENT + (product ? PRODUCTS * flopsOf(product) : 0);
  return flops / FLOPS_PER_MS + (elements * bytesPerElement('float64')) / BYTES_PER_MS;
}

/** 2mnk of A[m x k] B[k x n], transposed or not: the square root of all three sizes' product is mnk. */
function flopsOf({ a, b, c }: { a: TileSource; b: TileSource; c: TileSource | { kind: 'reply' } }): number {
  const size = (tile: typeof c) => (tile.kind === 'reply' ? 0 : tile.rows * tile.cols);
  return 2 * Math.sqrt(size(a) * size(b) * size(c));
}
