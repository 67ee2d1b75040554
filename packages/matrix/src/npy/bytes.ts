import { close, fstat, fstatSync, open, read, readv, write } from 'node:fs';
import { promisify } from 'node:util';
import { forEachBounded } from '../bounded.ts';
import { NotFoundError } from '../errors.ts';
import { openError } from '../file-errors.ts';
import type { MapFile, MappedBytes } from '../mapped.ts';
import { ranges } from '../ranges.ts';
import type { Store } from '../stores/store.ts';

/** Random access to the bytes of one file or object. */
export interface ByteSource {
  readonly size: number;
  /** On this machine's disk, where asking often costs little. */
  readonly isLocal: boolean;
  /** Fills `into` from `position`; returns fewer bytes than asked only at the end. */
  read(into: Uint8Array, position: number, signal?: AbortSignal): Promise<number>;
  /** Fills several buffers one after another from `position` in one call; may return fewer bytes than asked anywhere. */
  scatter?(into: Uint8Array[], position: number): Promise<number>;
  /** Shows bytes where they lie; `undefined` where that is not possible. Only for files, where the context says how. */
  map?(position: number, bytes: number): MappedBytes | undefined;
  close(): Promise<void>;
}

/** A longer read of a store is several ranged ones at once (see `STORED_SPANS`). */
const RANGE = 4 << 20;
const STREAMS = 8;

const openFile = promisify(open);
const closeFile = promisify(close);
const statFile = promisify(fstat);

/** @throws NotFoundError, NoPermissionError, NotAFileError. */
export async function fileBytes(path: string, mapFile?: MapFile): Promise<ByteSource> {
  const fd = await openFile(path, 'r').catch((error: unknown) => Promise.reject(openError(path, error)));
  try {
    const stat = await statFile(fd);
    if (!stat.isFile()) throw openError(path, stat);
    let closed: Promise<void> | undefined;
    return {
      size: stat.size,
      isLocal: true,
      read: (into, position, signal) => readFully(fd, into, position, signal),
      scatter: (into, position) =>
        new Promise((done, fail) => {
          readv(fd, into, position, (error, bytes) => (error ? fail(error) : done(bytes)));
        }),
      ...(mapFile && { map: (position, bytes) => mapWhole(mapFile, fd, position, bytes) }),
      close: () => (closed ??= closeFile(fd)),
    };
  } catch (error) {
    await closeFile(fd);
    throw error;
  }
}

/** One value of a store, read by ranges. @throws NotFoundError. */
export async function storedBytes(store: Store, key: string, name: string, signal?: AbortSignal): Promise<ByteSource> {
  const size = await store.size(key, { signal });
  if (size === undefined) throw new NotFoundError(name, 'no such object');
  return {
    size,
    isLocal: false,
    async read(into, position, signal) {
      let count = 0;
      await forEachBounded(ranges(into.byteLength, RANGE), STREAMS, async ([from, to]) => {
        const bytes = await store.getRange(key, position + from, to - from, { signal });
        if (!bytes) throw new NotFoundError(name, 'the object is gone');
        into.set(bytes, from);
        count += bytes.byteLength;
      });
      return count;
    },
    async close() {},
  };
}

/** Looks at the file's length first: beyond its end there is nothing to map. */
function mapWhole(mapFile: MapFile, fd: number, position: number, bytes: number): MappedBytes | undefined {
  return fstatSync(fd).size < position + bytes ? undefined : mapFile(fd, position, bytes);
}

async function readFully(fd: number, into: Uint8Array, position: number, signal?: AbortSignal): Promise<number> {
  let at = 0;
  while (at < into.byteLength) {
    signal?.throwIfAborted();
    const count = await new Promise<number>((done, fail) => {
      read(fd, into, at, into.byteLength - at, position + at, (error, bytes) => (error ? fail(error) : done(bytes)));
    });
    if (count === 0) break;
    at += count;
  }
  return at;
}

export async function writeFully(fd: number, from: Uint8Array, position: number, signal?: AbortSignal): Promise<void> {
  let at = 0;
  while (at < from.byteLength) {
    signal?.throwIfAborted();
    at += await new Promise<number>((done, fail) => {
      write(fd, from, at, from.byteLength - at, position + at, (error, bytes) => (error ? fail(error) : done(bytes)));
    });
  }
}
