import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { createNpy } from '../npy/create.ts';
import { formatHeader } from '../npy/header.ts';
import { locate, parentOf } from '../location.ts';
import { openStore } from '../stores/open.ts';
import { bytesOf, elementBytes } from '../tile.ts';
import { atomically } from './atomically.ts';
import type { AtomicOptions } from './atomically.ts';
import { rowBands } from './row-bands.ts';
import { checkSpace } from './space.ts';

/**
 * Writes a matrix as an .npy file or object, band by band; it appears whole or not at all.
 * @throws NoSpaceError, and what reading the array throws.
 */
export async function writeNpy(
  array: MatrixArray,
  place: string,
  options: ArrayContext & ArrayCallOptions & AtomicOptions = {},
): Promise<void> {
  const { shape, dtype } = array;
  const location = locate(place);
  if (location.scheme === 's3') {
    const { parent, name } = parentOf(location);
    await (await openStore(parent, options)).setFrom(name, npyPieces(array, options), options);
    return;
  }
  await checkSpace(location.path, shape[0] * shape[1] * elementBytes(dtype));
  await atomically(
    location.path,
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

async function* npyPieces(array: MatrixArray, options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  yield formatHeader(array.shape, array.dtype);
  for (const region of rowBands(array)) yield bytesOf((await array.read(region, options)).data);
}
