import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { formatPieces } from '../csv/format.ts';
import { MissingTextPartError, NotFoundError, TruncatedFileError } from '../errors.ts';
import { fileBytes } from '../npy/bytes.ts';
import { ranges } from '../ranges.ts';
import type { Store } from '../stores/store.ts';
import type { Tile } from '../tile.ts';
import type { AtomicOptions } from './atomically.ts';
import { rowBands } from './row-bands.ts';
import { oneBuffer, writeText } from './text.ts';
import type { Buffers } from './text.ts';

/** Text that is made, or copied, at once: memory that is used again and stays in the cache costs a third of new memory. */
const PIECE = 1 << 20;
/** Pieces of parts that are on their way from a remote store at once, and their bytes. */
const IN_FLIGHT = 4;
const REMOTE_PIECE = 8 << 20;

/**
 * Writes a matrix as CSV text (see `formatCsvBand`), compressed when the path or URL ends in `.gz`. While one
 * band is made to text the next one is read, and text is written while the next piece is made. The file appears whole or
 * not at all.
 */
export async function writeCsv(
  array: MatrixArray,
  path: string,
  options: ArrayContext & ArrayCallOptions & AtomicOptions = {},
): Promise<void> {
  await writeText(path, options, (buffers) => formatted(array, buffers, options));
}

/** The text of a tile, in pieces for one who is done with each when it asks for the next, which takes its memory. */
export function csvPieces(tile: Tile): Iterable<Uint8Array> {
  return formatPieces(tile, oneBuffer());
}

/**
 * Joins texts that workers stored as `<prefix>/<part>`, in the order of their numbers, into one file or object.
 * @throws MissingTextPartError where a number is missing between them.
 */
export async function joinCsv(
  store: Store,
  prefix: string,
  path: string,
  options: ArrayContext & ArrayCallOptions & AtomicOptions = {},
): Promise<void> {
  const keys: string[] = [];
  for await (const { key } of store.list(prefix, options)) keys.push(key);
  keys.sort(byPart);
  const parts = keys.length === 0 ? 1 : Number(keys.at(-1)!.slice(prefix.length + 1)) + 1;
  if (keys.length !== parts) throw new MissingTextPartError(prefix, parts, keys.length);
  await writeText(path, options, (buffers) =>
    store.localPath ? local(store, keys, buffers, options) : remote(store, keys, options),
  );
}

/** Parts are numbered with six digits, and more past a million of them. */
function byPart(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

async function* formatted(array: MatrixArray, buffers: Buffers, options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  for await (const tile of bands(array, options)) yield* formatPieces(tile, buffers);
}

/** Bands of whole rows, top to bottom, one read ahead. */
async function* bands(array: MatrixArray, options: ArrayCallOptions): AsyncGenerator<Tile> {
  let next: Promise<Tile> | undefined;
  try {
    for (const region of rowBands(array)) {
      const tile = await next;
      next = array.read(region, options);
      // Heard of when it is waited for.
      next.catch(() => undefined);
      if (tile) yield tile;
    }
    if (next) yield await next;
  } finally {
    await next?.catch(() => undefined);
  }
}

async function* local(
  store: Store,
  keys: readonly string[],
  buffers: Buffers,
  { signal }: ArrayCallOptions,
): AsyncGenerator<Uint8Array> {
  for (const [i, key] of keys.entries()) {
    const source = await fileBytes(store.localPath!(key)).catch((cause: unknown) => {
      throw cause instanceof NotFoundError ? new MissingTextPartError(key, keys.length, i) : cause;
    });
    try {
      for (const [from, to] of ranges(source.size, PIECE)) {
        const bytes = buffers(PIECE).subarray(0, to - from);
        const count = await source.read(bytes, from, signal);
        if (count < bytes.byteLength) throw new TruncatedFileError(key, to, from + count);
        yield bytes;
      }
    } finally {
      await source.close();
    }
  }
}

/** Several pieces are on their way at once; they are yielded in order. */
async function* remote(store: Store, keys: readonly string[], options: ArrayCallOptions): AsyncGenerator<Uint8Array> {
  const ahead: Promise<Uint8Array>[] = [];
  try {
    for (const [i, key] of keys.entries()) {
      const size = await store.size(key, options);
      if (size === undefined) throw new MissingTextPartError(key, keys.length, i);
      for (const [from, to] of ranges(size, REMOTE_PIECE)) {
        const piece = store.getRange(key, from, to - from, options).then((bytes) => {
          if (bytes?.byteLength === to - from) return bytes;
          throw new MissingTextPartError(key, keys.length, i);
        });
        piece.catch(() => undefined);
        ahead.push(piece);
        if (ahead.length === IN_FLIGHT) yield await ahead.shift()!;
      }
    }
    for (let piece = ahead.shift(); piece; piece = ahead.shift()) yield await piece;
  } finally {
    await Promise.allSettled(ahead);
  }
}
