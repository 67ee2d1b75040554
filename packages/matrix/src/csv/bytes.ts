import { createGunzip } from 'node:zlib';
import { Readable } from 'node:stream';
import { TruncatedFileError, WrongFormatError } from '../errors.ts';
import { codeOf } from '../file-errors.ts';
import { locate, nameOf, parentOf } from '../location.ts';
import { fileBytes, storedBytes } from '../npy/bytes.ts';
import type { ByteSource } from '../npy/bytes.ts';
import { openStore } from '../stores/open.ts';
import type { ArrayContext } from '../array.ts';

/** Bytes asked for at once when a text is read from its start: two pieces fit in the second-level cache. */
const PIECE = 1 << 18;
/** Bytes asked for at once of a store, where each time costs a round trip. */
const STORED_PIECE = 1 << 23;

/** A CSV text: readable from its start and, unless it is compressed, anywhere. */
export interface TextSource {
  readonly name: string;
  /** Stored bytes, compressed ones where they are. */
  readonly size: number;
  readonly gzip: boolean;
  /** The text from byte `from` (of the text, not of the compressed file). May be called again. */
  stream(from?: number, signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** The same for a caller who is done with each piece when it asks for the next one, whose memory it may share. */
  pieces(signal?: AbortSignal): AsyncIterable<Uint8Array>;
  /** What is stored. */
  readonly bytes: ByteSource;
  /** @throws TruncatedFileError when the text ends before `end`. */
  range(start: number, end: number, signal?: AbortSignal): Promise<Uint8Array>;
  close(): Promise<void>;
}

/** @throws NotFoundError, NotAFileError, NoPermissionError. */
export async function openText(url: string, gzip: boolean, context: ArrayContext = {}): Promise<TextSource> {
  const location = locate(url);
  const name = nameOf(location);
  const source =
    location.scheme === 'file'
      ? await fileBytes(location.path)
      : await storedBytes(
          await openStore(parentOf(location).parent, context),
          parentOf(location).name,
          name,
          context.signal,
        );
  return {
    name,
    size: source.size,
    gzip,
    stream: (from = 0, signal) => (gzip ? skip(unzipped(source, name, signal), from) : pieces(source, from, signal)),
    pieces: (signal) => (gzip ? unzipped(source, name, signal) : pieces(source, 0, signal, true)),
    bytes: source,
    async range(start, end, signal) {
      const bytes = new Uint8Array(end - start);
      const count = await source.read(bytes, start, signal);
      if (count < bytes.byteLength) throw new TruncatedFileError(name, end, start + count);
      return bytes;
    },
    close: () => source.close(),
  };
}

/** The next piece is read while the caller works on this one. */
async function* pieces(
  source: ByteSource,
  from: number,
  signal?: AbortSignal,
  reuse = false,
): AsyncGenerator<Uint8Array> {
  const most = Math.min(source.isLocal ? PIECE : STORED_PIECE, source.size);
  const buffers = [new Uint8Array(reuse ? most : 0), new Uint8Array(reuse ? most : 0)];
  const read = async (at: number) => {
    const length = Math.min(most, Math.max(0, source.size - at));
    if (reuse) buffers.reverse();
    const bytes = reuse ? buffers[0]!.subarray(0, length) : new Uint8Array(length);
    return bytes.subarray(0, bytes.byteLength === 0 ? 0 : await source.read(bytes, at, signal));
  };
  let at = from;
  let next = read(at);
  try {
    for (;;) {
      signal?.throwIfAborted();
      const bytes = await next;
      if (bytes.byteLength === 0) return;
      at += bytes.byteLength;
      next = read(at);
      yield bytes;
    }
  } finally {
    // A read ahead that nobody waits for any more must not fail unheard, nor outlive the file's being open.
    await next.catch(() => undefined);
  }
}

async function* unzipped(source: ByteSource, name: string, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip({ chunkSize: 256 * 1024 });
  const compressed = Readable.from(pieces(source, 0, signal));
  compressed.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const bytes of compressed.pipe(gunzip)) yield bytes as Uint8Array;
  } catch (cause) {
    signal?.throwIfAborted();
    if (codeOf(cause) === 'Z_BUF_ERROR') throw new TruncatedFileError(name, source.size + 1, source.size, { cause });
    if (codeOf(cause)?.startsWith('Z_')) {
      throw new WrongFormatError(name, 'a gzip file', cause instanceof Error ? cause.message : String(cause));
    }
    throw cause;
  } finally {
    compressed.destroy();
    gunzip.destroy();
  }
}

async function* skip(stream: AsyncIterable<Uint8Array>, count: number): AsyncGenerator<Uint8Array> {
  let left = count;
  for await (const bytes of stream) {
    if (left < bytes.byteLength) yield bytes.subarray(left);
    left = Math.max(0, left - bytes.byteLength);
  }
}
