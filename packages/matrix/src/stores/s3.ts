import {
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
} from '@aws-sdk/client-s3';
import type { GetObjectCommandOutput, S3Client } from '@aws-sdk/client-s3';
import { tileMemory } from '../memory/tile-memory.ts';
import { checkKey, checkPrefix } from './key.ts';
import { joined } from './memory.ts';
import { putPieces } from './multipart.ts';
import type { CallOptions, Listed, Store } from './store.ts';

export interface S3StoreOptions {
  readonly client: S3Client;
  readonly bucket: string;
  /** Without a trailing slash; '' for the whole bucket. */
  readonly prefix: string;
}

/** DeleteObjects takes 1,000 keys (docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html). */
const DELETE_BATCH = 1000;

/** A store under a prefix of an S3 bucket. A PUT is whole or not at all, and a read after it sees it. */
export function s3Store({ client, bucket, prefix }: S3StoreOptions): Store {
  const base = prefix === '' ? '' : `${prefix.replace(/\/+$/, '')}/`;
  const address = (key: string, options?: CallOptions) => {
    checkKey(key);
    options?.signal?.throwIfAborted();
    return { Bucket: bucket, Key: base + key };
  };

  async function size(key: string, options?: CallOptions): Promise<number | undefined> {
    const found = await orMissing(client.send(new HeadObjectCommand(address(key, options)), send(options)));
    return found && (found.ContentLength ?? 0);
  }

  async function* list(below: string, options?: CallOptions): AsyncGenerator<Listed> {
    checkPrefix(below);
    const start = base + (below === '' ? '' : `${below}/`);
    let next: string | undefined;
    do {
      options?.signal?.throwIfAborted();
      const page = await client.send(
        new ListObjectsV2Command({ Bucket: bucket, Prefix: start, ContinuationToken: next }),
        send(options),
      );
      for (const { Key, Size } of page.Contents ?? []) if (Key) yield { key: Key.slice(base.length), size: Size ?? 0 };
      next = page.IsTruncated ? page.NextContinuationToken : undefined;
    } while (next !== undefined);
  }

  return {
    async get(key, options) {
      const found = await orMissing(client.send(new GetObjectCommand(address(key, options)), send(options)));
      return found && collect(found, key);
    },
    async getRange(key, offset, length, options) {
      const where = address(key, options);
      if (length <= 0) return (await size(key, options)) === undefined ? undefined : new Uint8Array(0);
      const Range = `bytes=${offset}-${offset + length - 1}`;
      try {
        const found = await orMissing(client.send(new GetObjectCommand({ ...where, Range }), send(options)));
        return found && (await collect(found, key));
      } catch (error) {
        // The range starts at or after the end.
        if (error instanceof Error && error.name === 'InvalidRange') return new Uint8Array(0);
        throw error;
      }
    },
    async set(key, bytes, options) {
      // The SDK hashes and signs only unshared memory.
      const Body = bytes instanceof Uint8Array && bytes.buffer instanceof ArrayBuffer ? bytes : joined(bytes);
      await client.send(new PutObjectCommand({ ...address(key, options), Body }), send(options));
    },
    setFrom: async (key, pieces, options) => putPieces(client, address(key, options), pieces, options),
    async has(key, options) {
      return (await size(key, options)) !== undefined;
    },
    size,
    list,
    async delete(key, options) {
      await client.send(new DeleteObjectCommand(address(key, options)), send(options));
    },
    async deleteAll(below, options) {
      const remove = async (keys: string[]) => {
        if (keys.length === 0) return;
        const Objects = keys.map((key) => ({ Key: base + key }));
        const result = await client.send(
          new DeleteObjectsCommand({ Bucket: bucket, Delete: { Objects, Quiet: true } }),
          send(options),
        );
        const failed = result.Errors?.[0];
        if (failed) throw new Error(`S3 didn't delete ${failed.Key} of ${bucket}: ${failed.Code} ${failed.Message}`);
      };
      let batch: string[] = [];
      for await (const { key } of list(below, options)) {
        if (batch.push(key) < DELETE_BATCH) continue;
        await remove(batch);
        batch = [];
      }
      await remove(batch);
    },
  };
}

function send(options?: CallOptions): { abortSignal?: AbortSignal } {
  return options?.signal ? { abortSignal: options.signal } : {};
}

/** The body in shared memory, so that a chunk becomes a tile without a second copy. */
async function collect(found: GetObjectCommandOutput, key: string): Promise<Uint8Array> {
  const length = found.ContentLength ?? 0;
  const bytes = new Uint8Array(tileMemory.take(length), 0, length);
  let at = 0;
  for await (const piece of (found.Body ?? []) as AsyncIterable<Uint8Array>) {
    if (at + piece.byteLength > length)
      throw new Error(`S3 sent more than the ${length} bytes it announced for ${key}`);
    bytes.set(piece, at);
    at += piece.byteLength;
  }
  if (at !== length) throw new Error(`S3 sent ${at} of the ${length} bytes it announced for ${key}`);
  return bytes;
}

async function orMissing<T>(promise: Promise<T>): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    // HEAD has no body to name the code, so the SDK calls it NotFound.
    if (error instanceof Error && (error.name === 'NoSuchKey' || error.name === 'NotFound')) return undefined;
    throw error;
  }
}
