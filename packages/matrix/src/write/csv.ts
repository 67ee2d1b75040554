import { createWriteStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { open } from 'node:fs/promises';
import { createGzip } from 'node:zlib';
import type { ArrayCallOptions, MatrixArray } from '../array.ts';
import { forEachBounded } from '../bounded.ts';
import { formatCsvBand } from '../csv/format.ts';
import { MissingTextPartError } from '../errors.ts';
import { writeFully } from '../npy/bytes.ts';
import { ranges } from '../npy/raw-region.ts';
import type { Store } from '../stores/store.ts';
import type { Tile } from '../tile.ts';
import { atomically } from './atomically.ts';
import { pathOf } from './npy.ts';
import { rowBands } from './row-bands.ts';

/** Pieces of parts that are on their way from the store to the file at once, and their bytes. */
const IN_FLIGHT = 4;
const PIECE = 8 << 20;

/**
 * Writes a matrix as CSV text (see `formatCsvBand`) on this machine, compressed when the path ends in `.gz`, band by
 * band: the next one is read and the last one written while one is made to text. The file appears whole or not at all.
 */
export async function writeCsv(array: MatrixArray, path: string, options: ArrayCallOptions = {}): Promise<void> {
  const text = () => formatted(array, options);
  await writeText(path, options, text, async (fd) => {
    let position = 0;
    let writing = Promise.resolve();
    try {
      for await (const bytes of text()) {
        await writing;
        writing = writeFully(fd, bytes, position, options.signal);
        // Waited for below, or by the next turn; until then nobody else hears of a failure.
        writing.catch(() => undefined);
        position += bytes.byteLength;
      }
    } finally {
      await writing;
    }
  });
}

/**
 * Joins texts that workers stored as `<prefix>/<part>`, in the order of the keys, into one file: each part is copied to
 * its place, several at once.
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
  keys.sort(byPart);
  const text = () => stored(store, keys, options);
  await writeText(path, options, text, async (fd) => {
    const pieces = await placed(store, keys, options);
    await forEachBounded(pieces, IN_FLIGHT, async ({ key, from, length, position }) => {
      const bytes = await store.getRange(key, from, length, options);
      if (bytes?.byteLength !== length) throw new MissingTextPartError(key, keys.length, keys.indexOf(key));
      await writeFully(fd, bytes, position, options.signal);
    });
  });
}

/** Parts are numbered with six digits, and more past a million of them. */
function byPart(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

/** Compressed text is one stream; otherwise `write` puts it where it likes in the new file. */
async function writeText(
  path: string,
  options: ArrayCallOptions,
  text: () => AsyncIterable<Uint8Array>,
  write: (fd: number) => Promise<void>,
): Promise<void> {
  const target = pathOf(path);
  await atomically(
    target,
    async (temporary) => {
      if (target.toLowerCase().endsWith('.gz')) {
        const signal = options.signal ? { signal: options.signal } : {};
        await pipeline(text, createGzip({ level: 6 }), createWriteStream(temporary, { flags: 'wx' }), signal);
        return;
      }
      const file = await open(temporary, 'wx');
      try {
        await write(file.fd);
      } finally {
        await file.close();
      }
    },
    options,
  );
}

async function* formatted(array: MatrixArray, options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  let next: Promise<Tile> | undefined;
  try {
    for (const region of rowBands(array)) {
      const tile = await next;
      next = array.read(region, options);
      // Heard of when it is waited for.
      next.catch(() => undefined);
      if (tile) yield formatCsvBand(tile);
    }
    if (next) yield formatCsvBand(await next);
  } finally {
    await next?.catch(() => undefined);
  }
}

async function* stored(store: Store, keys: readonly string[], options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  for (const key of keys) {
    const bytes = await store.get(key, options);
    if (!bytes) throw new MissingTextPartError(key, keys.length, keys.indexOf(key));
    yield bytes;
  }
}

/** Where each piece of each part goes. */
async function placed(store: Store, keys: readonly string[], options: ArrayCallOptions) {
  const sizes = Array.from<number>({ length: keys.length });
  await forEachBounded(keys.entries(), IN_FLIGHT, async ([i, key]) => {
    const size = await store.size(key, options);
    if (size === undefined) throw new MissingTextPartError(key, keys.length, i);
    sizes[i] = size;
  });
  let start = 0;
  const pieces: { key: string; from: number; length: number; position: number }[] = [];
  for (const [i, key] of keys.entries()) {
    for (const [from, to] of ranges(sizes[i]!, PIECE)) {
      pieces.push({ key, from, length: to - from, position: start + from });
    }
    start += sizes[i]!;
  }
  return pieces;
}
