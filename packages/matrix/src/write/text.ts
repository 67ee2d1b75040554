import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { ArrayContext } from '../array.ts';
import { locate, parentOf } from '../location.ts';
import { writeFully } from '../npy/bytes.ts';
import { openStore } from '../stores/open.ts';
import { atomically } from './atomically.ts';
import type { AtomicOptions } from './atomically.ts';

/** Memory for the text that is yielded: a buffer is asked for when the one before the last is free again. */
export type Buffers = (length: number) => Uint8Array;

/**
 * Writes text to a new file or object, compressed where its name ends in `.gz`; a piece is written while the next one is made.
 * The file appears whole or not at all.
 */
export async function writeText(
  place: string,
  options: AtomicOptions & ArrayContext,
  make: (buffers: Buffers) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const location = locate(place);
  if (location.scheme === 's3') {
    const { parent, name } = parentOf(location);
    const store = await openStore(parent, options);
    await store.setFrom(name, isGzip(place) ? zipped(make(newBuffer)) : make(twoBuffers()), options);
    return;
  }
  const target = location.path;
  await atomically(
    target,
    async (temporary) => {
      if (isGzip(place)) {
        const signal = options.signal ? { signal: options.signal } : {};
        await pipeline(
          make(newBuffer),
          createGzip({ level: 6 }),
          createWriteStream(temporary, { flags: 'wx' }),
          signal,
        );
        return;
      }
      const file = await open(temporary, 'wx');
      try {
        await writePieces(file.fd, make(twoBuffers()), options.signal);
      } finally {
        await file.close();
      }
    },
    options,
  );
}

function isGzip(place: string): boolean {
  return place.toLowerCase().endsWith('.gz');
}

/** Streams keep what they are given for as long as they like. */
function newBuffer(length: number): Uint8Array {
  return new Uint8Array(length);
}

async function* zipped(text: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gzip = createGzip({ level: 6 });
  const done = pipeline(text, gzip);
  // A failure of the text destroys the stream, which tells whoever reads it.
  done.catch(() => undefined);
  yield* gzip as AsyncIterable<Uint8Array>;
  await done;
}

/** Writes a piece while the next one is made. */
async function writePieces(fd: number, text: AsyncIterable<Uint8Array>, signal?: AbortSignal): Promise<void> {
  let position = 0;
  let writing = Promise.resolve();
  try {
    for await (const bytes of text) {
      await writing;
      writing = writeFully(fd, bytes, position, signal);
      // Waited for below, or by the next turn; until then nobody else hears of a failure.
      writing.catch(() => undefined);
      position += bytes.byteLength;
    }
  } finally {
    await writing;
  }
}

/** For who has written a piece before the next one is made. */
export function oneBuffer(): Buffers {
  let buffer = new Uint8Array(0);
  return (length) => (buffer = buffer.byteLength < length ? new Uint8Array(length) : buffer);
}

function twoBuffers(): Buffers {
  let [next, last] = [new Uint8Array(0), new Uint8Array(0)];
  return (length) => {
    [next, last] = [last, next];
    if (next.byteLength < length) next = new Uint8Array(length);
    return next;
  };
}
