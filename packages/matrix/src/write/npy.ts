import type { ArrayCallOptions, MatrixArray } from '../array.ts';
import { createNpy } from '../npy/create.ts';
import { locate } from '../location.ts';
import { checkSpace } from './space.ts';
import { atomically } from './atomically.ts';
import type { AtomicOptions } from './atomically.ts';
import { rowBands } from './row-bands.ts';
import { elementBytes } from '../tile.ts';

/**
 * Writes a matrix as an .npy file on this machine, band by band; the file appears whole or not at all.
 * @throws NoSpaceError, and what reading the array throws.
 */
export async function writeNpy(
  array: MatrixArray,
  path: string,
  options: ArrayCallOptions & AtomicOptions = {},
): Promise<void> {
  const target = pathOf(path);
  const { shape, dtype } = array;
  await checkSpace(target, shape[0] * shape[1] * elementBytes(dtype));
  await atomically(
    target,
    async (temporary) => {
      const file = await createNpy(temporary, { shape, dtype }, options);
      try {
        for (const region of rowBands(array)) await file.write(region, await array.read(region, options), options);
      } finally {
        await file.close();
      }
    },
    options,
  );
}

/** The path of a file URL, or the path itself. */
export function pathOf(path: string): string {
  const location = locate(path);
  if (location.scheme !== 'file') throw new TypeError(`${path} is not on this machine`);
  return location.path;
}
