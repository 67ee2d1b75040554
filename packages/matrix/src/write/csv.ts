import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ArrayCallOptions, MatrixArray } from '../array.ts';
import { formatCsvBand } from '../csv/format.ts';
import { MissingTextPartError } from '../errors.ts';
import type { Store } from '../stores/store.ts';
import { atomically } from './atomically.ts';
import { pathOf } from './npy.ts';
import { rowBands } from './row-bands.ts';

/**
 * Writes a matrix as CSV text (see `formatCsvBand`) on this machine, compressed when the path ends in `.gz`, band by
 * band; the file appears whole or not at all.
 */
export async function writeCsv(array: MatrixArray, path: string, options: ArrayCallOptions = {}): Promise<void> {
  await writeText(path, formatted(array, options), options);
}

/**
 * Joins texts that workers stored as `<prefix>/<part>`, in the order of the keys, into one file.
 * @throws MissingTextPartError unless there are `parts` of them.
 */
export async function joinCsv(
  store: Store,
  prefix: string,
  parts: number,
  path: string,
  options: ArrayCallOptions = {},
): Promise<void> {
  const keys: string[] = [];
  for await (const key of store.list(prefix, options)) keys.push(key);
  if (keys.length !== parts) throw new MissingTextPartError(prefix, parts, keys.length);
  await writeText(path, stored(store, keys.toSorted(), options), options);
}

async function writeText(path: string, text: AsyncIterable<Uint8Array>, options: ArrayCallOptions): Promise<void> {
  const target = pathOf(path);
  await atomically(
    target,
    async (temporary) => {
      const file = createWriteStream(temporary, { flags: 'wx', highWaterMark: 1 << 20 });
      const signal = options.signal ? { signal: options.signal } : {};
      if (target.toLowerCase().endsWith('.gz')) await pipeline(text, createGzip({ level: 6 }), file, signal);
      else await pipeline(text, file, signal);
    },
    options,
  );
}

async function* formatted(array: MatrixArray, options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  for (const region of rowBands(array)) yield formatCsvBand(await array.read(region, options));
}

async function* stored(store: Store, keys: readonly string[], options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  for (const key of keys) {
    const bytes = await store.get(key, options);
    if (!bytes) throw new MissingTextPartError(key, keys.length, keys.indexOf(key));
    yield bytes;
  }
}
