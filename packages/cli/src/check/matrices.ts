import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  createZarrIn,
  InputError,
  inspectOperand,
  memoryStore,
  NotFoundError,
  openArray,
  randomArray,
  streamCsv,
  type CsvText,
  type MatrixArray,
  type Shape,
  type StoreContext,
} from '@tessera/matrix';
import { formatShape, type Certificate, type CertifiedOperand } from '@tessera/protocol';

/** A matrix of a certificate as it was found: the array, and in words where from; or why there is none. */
export type Found =
  | { readonly array: MatrixArray; readonly from: string }
  | { readonly array: undefined; readonly missing: true; readonly why: string }
  | { readonly array: undefined; readonly missing: false; readonly why: string };

/**
 * An operand of a certificate: made again from its seed, or read from `place`, or from where the job read it.
 * @param place path or URL where a person says that it is now
 */
export async function findOperand(
  name: string,
  operand: CertifiedOperand,
  place: string | undefined,
  context: StoreContext,
): Promise<Found> {
  const { shape, dtype, recipe, url } = operand;
  if (place === undefined && recipe !== undefined) {
    const array = randomArray(name, { ...recipe, seed: BigInt(recipe.seed) }, shape, dtype);
    return { array, from: `made again from seed ${recipe.seed}` };
  }
  if (place !== undefined) return findStored(place, operand, context);
  try {
    return await findStored(url.startsWith('file:') ? fileURLToPath(url) : url, operand, context);
  } catch (error) {
    // Nobody asked for this place now: what can't be read there is said, and the rest is checked all the same.
    const missing = !(error instanceof InputError) || error instanceof NotFoundError;
    return { array: undefined, missing, why: error instanceof Error ? error.message : String(error) };
  }
}

/** A matrix that is stored: read where it is, a text into memory. */
export async function findStored(
  place: string,
  { shape, dtype, hash }: Certificate['C'],
  context: StoreContext,
): Promise<Found> {
  if (!place.startsWith('s3:') && !existsSync(place)) {
    return { array: undefined, missing: true, why: `${place} is not there` };
  }
  const found = await inspectOperand(place, context);
  if (found.shape[0] !== shape[0] || found.shape[1] !== shape[1]) {
    const why = `${place} is ${formatShape(found.shape)}, the certificate is for ${formatShape(shape)}`;
    return { array: undefined, missing: false, why };
  }
  if (found.csv !== undefined) {
    const array = await parsed(place, found.csv, { shape, dtype, chunk: hash?.chunk ?? shape }, context);
    return { array, from: place };
  }
  if (found.dtype !== dtype) {
    const why = `${place} holds ${found.dtype}, the certificate is for ${dtype}`;
    return { array: undefined, missing: false, why };
  }
  return { array: await openArray(place, context), from: place };
}

/** A text's numbers, in memory. */
async function parsed(
  place: string,
  text: CsvText,
  spec: { shape: Shape; dtype: 'float64' | 'float32'; chunk: Shape },
  context: StoreContext,
): Promise<MatrixArray> {
  const array = await createZarrIn(memoryStore(), place, spec);
  const cols = spec.shape[1];
  let row = 0;
  for await (const tile of streamCsv(text, { cols, dtype: spec.dtype, rowsPerTile: spec.chunk[0] }, context)) {
    await array.write({ row, col: 0, rows: tile.rows, cols }, tile);
    row += tile.rows;
  }
  return array;
}
