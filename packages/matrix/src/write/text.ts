import { createWriteStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { writeFully } from '../npy/bytes.ts';
import { atomically } from './atomically.ts';
import type { AtomicOptions } from './atomically.ts';
import { pathOf } from './npy.ts';

/** Memory for the text that is yielded: a buffer is asked for when the one before the last is free again. */
export type Buffers = (length: number) => Uint8Array;

/**
 * Writes text to a new file on this machine, compressed where the path ends in `.gz`; a piece is written while the next one
 * is made. The file appears whole or not at all.
 */
export async function writeText(
  path: string,
  options: AtomicOptions,
  make: (buffers: Buffers) => AsyncIterable<Uint8Array>,
): Promise<void> {
  const target = pathOf(path);
  await atomically(
    target,
    async (temporary) => {
      if (target.toLowerCase().endsWith('.gz')) {
        const signal = options.signal ? { signal: options.signal } : {};
        // Streams keep what they are given for as long as they like.
        const text = make((length) => new Uint8Array(length));
        await pipeline(text, createGzip({ level: 6 }), createWriteStream(temporary, { flags: 'wx' }), signal);
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

function twoBuffers(): Buffers {
  let [next, last] = [new Uint8Array(0), new Uint8Array(0)];
  return (length) => {
    [next, last] = [last, next];
    if (next.byteLength < length) next = new Uint8Array(length);
    return next;
  };
}
