import { SQS_BATCH_MESSAGES, SQS_MESSAGE_BYTES } from '@tessera/protocol';
import { MessageTooLargeError } from './errors.ts';

/**
 * Cuts bodies, in order, into the fewest batches that a queue takes: at most 10 messages and 1 MiB of UTF-8 each.
 * @throws MessageTooLargeError when one body alone is over the limit.
 */
export function batchesOf(bodies: readonly string[]): string[][] {
  const batches: string[][] = [];
  let batch: string[] = [];
  let batchBytes = 0;
  for (const body of bodies) {
    const bytes = Buffer.byteLength(body);
    if (bytes > SQS_MESSAGE_BYTES) throw new MessageTooLargeError(bytes, SQS_MESSAGE_BYTES);
    if (batch.length === SQS_BATCH_MESSAGES || batchBytes + bytes > SQS_MESSAGE_BYTES) {
      batches.push(batch);
      batch = [];
      batchBytes = 0;
    }
    batch.push(body);
    batchBytes += bytes;
  }
  if (batch.length > 0) batches.push(batch);
  return batches;
}

/** Cuts any list into runs of at most `size`. */
export function runsOf<T>(items: readonly T[], size: number): T[][] {
  const runs: T[][] = [];
  for (let start = 0; start < items.length; start += size) runs.push(items.slice(start, start + size));
  return runs;
}
