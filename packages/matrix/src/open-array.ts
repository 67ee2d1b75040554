import type { ArrayContext, ArraySpec, MatrixArray } from './array.ts';
import { RegionError } from './errors.ts';
import { locate } from './location.ts';
import type { Location } from './location.ts';
import { createNpy } from './npy/create.ts';
import { openNpy } from './npy/open.ts';
import { createZarr, openZarr } from './zarr/open.ts';

/**
 * Opens the matrix at a URL (or path): an .npy file, or otherwise a Zarr array, whose name may lack the extension
 * inside a workspace. Text has to be ingested first: see `inspectCsv`.
 * @throws what `openNpy` and `openZarr` throw.
 */
export async function openArray(url: string, context: ArrayContext = {}): Promise<MatrixArray> {
  return isNpy(locate(url)) ? openNpy(url, context) : openZarr(url, context);
}

/** Creates a matrix at a URL (or path), or opens the equal one that is there. @throws ArrayExistsError, NoSpaceError. */
export async function createArray(url: string, spec: ArraySpec, context: ArrayContext = {}): Promise<MatrixArray> {
  for (const n of [...spec.shape, ...(spec.chunk ?? [])]) {
    if (!Number.isSafeInteger(n) || n < 1) throw new RegionError(`Can't create ${url} with a side of ${n}`);
  }
  return isNpy(locate(url)) ? createNpy(url, spec, context) : createZarr(url, spec, context);
}

function isNpy(location: Location): boolean {
  return (location.scheme === 'file' ? location.path : location.key).toLowerCase().endsWith('.npy');
}
