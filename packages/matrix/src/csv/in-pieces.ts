import { TruncatedFileError } from '../errors.ts';
import type { ByteSource } from '../npy/bytes.ts';

/** Bytes read at once: with their copy in the parser's memory they stay in the second-level cache. */
const PIECE = 1 << 18;
/** Bytes asked for at once of a store, which answers them in several streams. */
const STORED_PIECE = 1 << 23;

/** Memory of reads that are over, which the next ones take: fresh memory for each band costs about a third of parsing it. */
const spare: Uint8Array[] = [];
const MOST_SPARE = 4;
const SPARE_BYTES = 2 * PIECE;

function take(bytes: number): Uint8Array {
  return (bytes === SPARE_BYTES && spare.pop()) || new Uint8Array(bytes);
}

function giveBack(bytes: Uint8Array): void {
  if (bytes.byteLength === SPARE_BYTES && spare.length < MOST_SPARE) spare.push(bytes);
}

/**
 * Reads the bytes `start` to `end` in pieces, a piece while the one before is used, through memory that is used again: new
 * memory for a whole band costs a third of parsing it.
 * @param use is given `bytes[from, to)`, which begin with what it left of the piece before, and returns the offset of the
 *   first byte that it leaves, or `undefined` when it has had enough
 * @throws TruncatedFileError when the file ends before `end`.
 */
export async function inPieces(
  source: ByteSource,
  name: string,
  [start, end]: readonly [number, number],
  use: (bytes: Uint8Array, from: number, to: number, last: boolean) => number | undefined,
  signal?: AbortSignal,
): Promise<void> {
  let piece = source.isLocal ? PIECE : STORED_PIECE;
  /** Room for what is left of a piece, before the next one. */
  let room = PIECE;
  let now = take(room + piece);
  let ahead = take(room + piece);
  let kept = 0;
  let length = Math.min(piece, end - start);
  let at = start;
  const read = (): Promise<number> => source.read(ahead.subarray(room, room + length), at, signal);
  let reading = read();
  try {
    while (at < end) {
      const count = await reading;
      if (count < length) throw new TruncatedFileError(name, at + length, at + count);
      [now, ahead] = [ahead, now];
      const [from, to] = [room - kept, room + length];
      at += length;
      length = Math.min(piece, end - at);
      reading = length > 0 ? read() : Promise.resolve(0);
      const next = use(now, from, to, at === end);
      if (next === undefined) return;
      kept = to - next;
      const left = now.subarray(next, to);
      if (kept > room) {
        // A row is longer than all pieces so far: larger ones, so that a row is not looked through too often.
        await reading;
        [room, piece] = [2 * kept, kept];
        now = new Uint8Array(room + piece);
        ahead = new Uint8Array(room + piece);
        ahead.set(left, room - kept);
        length = Math.min(piece, end - at);
        reading = length > 0 ? read() : reading;
      } else ahead.set(left, room - kept);
    }
  } finally {
    // A read that nobody waits for any more must not fail unheard, nor outlive the file's being open.
    await reading.catch(() => undefined);
    giveBack(now);
    giveBack(ahead);
  }
}
