import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { joined } from './memory.ts';
import type { CallOptions } from './store.ts';

/**
 * An upload has at most 10,000 parts, all but the last of at least 5 MiB, and an object at most 5 TiB
 * (docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html). After every thousand parts they get twice as long: whatever
 * comes then fits, though nobody knew how much it would be, and objects below 8 GB cost no more memory than short parts do.
 */
const FIRST_PART = 8 << 20;
const PARTS_OF_A_LENGTH = 1000;
/** Parts on their way at once: one connection brings some 85 to 90 MB/s. */
const STREAMS = 4;

/** The length of a part, from 0. */
export function partBytes(part: number): number {
  return FIRST_PART * 2 ** Math.floor(part / PARTS_OF_A_LENGTH);
}

interface Address {
  readonly Bucket: string;
  readonly Key: string;
}

/**
 * Stores bytes that come in pieces as one object: by one PUT where they are few, else in parts, several at once. Nobody sees
 * the object before it is whole; when anything fails the parts are given up.
 */
export async function putPieces(
  client: S3Client,
  address: Address,
  pieces: AsyncIterable<Uint8Array>,
  options: CallOptions = {},
): Promise<void> {
  const parts = partsOf(pieces);
  const send = options.signal ? { abortSignal: options.signal } : {};
  try {
    const first = await parts.next();
    const second = first.done ? first : await parts.next();
    if (second.done)
      await client.send(new PutObjectCommand({ ...address, Body: first.value ?? new Uint8Array(0) }), send);
    else await putParts(client, address, [first.value!, second.value], parts, send);
  } finally {
    // Whoever makes the pieces may wait for an end, whatever went wrong here.
    await parts.return(undefined);
  }
}

/** Stores the parts that are there and those that follow. */
async function putParts(
  client: S3Client,
  address: Address,
  there: readonly Uint8Array<ArrayBuffer>[],
  following: AsyncIterable<Uint8Array<ArrayBuffer>>,
  send: { readonly abortSignal?: AbortSignal },
): Promise<void> {
  const { UploadId } = await client.send(new CreateMultipartUploadCommand(address), send);
  const upload = { ...address, UploadId };
  try {
    const done: { PartNumber: number; ETag: string | undefined }[] = [];
    const under = new Set<Promise<void>>();
    let number = 1;
    const begin = (Body: Uint8Array) => {
      const PartNumber = number++;
      const sent = client.send(new UploadPartCommand({ ...upload, PartNumber, Body }), send).then(({ ETag }) => {
        done.push({ PartNumber, ETag });
      });
      under.add(sent);
      sent.then(
        () => under.delete(sent),
        () => undefined,
      );
    };
    try {
      for (const part of there) begin(part);
      for await (const part of following) {
        begin(part);
        while (under.size >= STREAMS) await Promise.race(under);
      }
      await Promise.all(under);
    } finally {
      await Promise.allSettled(under);
    }
    const Parts = done.toSorted((one, other) => one.PartNumber - other.PartNumber);
    await client.send(new CompleteMultipartUploadCommand({ ...upload, MultipartUpload: { Parts } }), send);
  } catch (error) {
    // Not with the signal, which may be what ended the upload. Parts that are left would cost money for ever.
    await client.send(new AbortMultipartUploadCommand(upload)).catch(() => undefined);
    throw error;
  }
}

/** Pieces of any length, put together to parts. */
async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array<ArrayBuffer>, undefined> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  let part = 0;
  for await (const piece of pieces) {
    for (let at = 0; at < piece.byteLength;) {
      const room = partBytes(part) - bytes;
      // What is yielded to us may be used again.
      const taken = new Uint8Array(piece.subarray(at, at + room));
      waiting.push(taken);
      bytes += taken.byteLength;
      at += taken.byteLength;
      if (taken.byteLength < room) continue;
      const whole = joined(waiting);
      [waiting, bytes] = [[], 0];
      part++;
      yield whole;
    }
  }
  if (bytes > 0) yield joined(waiting);
  return undefined;
}
