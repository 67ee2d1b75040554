import { bytesPerElement, type PackageBody, type TileSource } from '@tessera/protocol';
import { inputsOf, outputsOf } from './package-pieces.ts';

/** The slowest worker that is worth waiting for: a tenth of one core's loops, and a bad line to the store. */
const FLOPS_PER_MS = 100e6 / 1000;
const BYTES_PER_MS = 2e6 / 1000;
/** Floating point operations that element-wise work and checks spend on an element. */
const FLOPS_PER_ELEMENT = 20;
/** Products that checking a block again takes. */
const PRODUCTS = 2;

/** Milliseconds that a package may take on the slowest worker that is imaginable: until then its silence means nothing. */
export function expectedMs(body: PackageBody): number {
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
