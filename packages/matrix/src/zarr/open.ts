import type { ArrayContext, ArraySpec, ChunkedArray, MatrixArray } from '../array.ts';
import { ArrayExistsError, NotFoundError, WrongFormatError } from '../errors.ts';
import { locate, nameOf } from '../location.ts';
import { openStore } from '../stores/open.ts';
import type { CallOptions, Store } from '../stores/store.ts';
import { ownArray } from './own.ts';
import { parseMetadata, writeMetadata } from './metadata.ts';
import type { ForeignArray, OwnArray } from './metadata.ts';

/**
 * Creates an array, or opens the equal one that is already there (creating twice is harmless).
 * @throws ArrayExistsError where another array is.
 */
export async function createZarr(url: string, spec: ArraySpec, context: ArrayContext = {}): Promise<ChunkedArray> {
  const location = locate(url);
  const array = await createZarrIn(await openStore(url, context), nameOf(location), spec, context);
  return { ...array, url: location.url };
}

/** `createZarr` in a store that is open already (a simulation's memory, say); `name` is what errors call the array. */
export async function createZarrIn(
  store: Store,
  name: string,
  spec: ArraySpec,
  options: CallOptions = {},
): Promise<ChunkedArray> {
  const text = writeMetadata(spec);
  const wanted = parseMetadata(text, name) as OwnArray;
  const existing = await store.get('zarr.json', options);
  if (existing === undefined) {
    await store.set('zarr.json', new TextEncoder().encode(text), options);
  } else if (decode(existing) !== text) {
    throw new ArrayExistsError(name, describe(parseMetadata(decode(existing), name)), describe(wanted));
  }
  return ownArray(name, store, wanted);
}

/** @throws NotFoundError, WrongFormatError, MalformedHeaderError, UnsupportedDtypeError, UnsupportedShapeError. */
export async function openZarr(url: string, context: ArrayContext = {}): Promise<MatrixArray> {
  const location = locate(url);
  return { ...(await openZarrIn(await openStore(url, context), nameOf(location), context)), url: location.url };
}

/** `openZarr` in a store that is open already. */
export async function openZarrIn(
  store: Store,
  name: string,
  context: CallOptions & Pick<ArrayContext, 'mapFile'> = {},
): Promise<MatrixArray> {
  const found = parseMetadata(await readMetadata(store, name, context), name);
  if (found.kind === 'own') return ownArray(name, store, found, context);
  const { foreignArray } = await import('./foreign.ts');
  return foreignArray(name, store, found, context);
}

async function readMetadata(store: Store, name: string, context: CallOptions): Promise<string> {
  const document = (await store.get('zarr.json', context)) ?? (await store.get('.zarray', context));
  if (document) return decode(document);
  for await (const { key } of store.list('', context)) {
    throw new WrongFormatError(name, 'a Zarr array', `it has no zarr.json, but ${key}`);
  }
  throw new NotFoundError(name, 'no Zarr array is there');
}

function decode(bytes: Uint8Array): string {
  // TextDecoder takes no shared memory in browsers' definition of it; a copy of a small document is cheap.
  return new TextDecoder().decode(new Uint8Array(bytes));
}

function describe(array: OwnArray | ForeignArray): string {
  if (array.kind === 'foreign') return `a ${array.shape.join('x')} array of ${array.storedType}`;
  return `a ${array.shape.join('x')} array of ${array.dtype} in chunks of ${array.chunk.join('x')}`;
}
