import { isZarritaError, open, registry } from 'zarrita';
import { countRead, newTraffic } from '../array.ts';
import type { ArrayCallOptions, ArrayContext, MatrixArray } from '../array.ts';
import { forEachBounded } from '../bounded.ts';
import { overlaps } from '../chunk-grid.ts';
import { loadCrc32c } from '../crc32c.ts';
import { CorruptTileError, MalformedHeaderError, ReadOnlyArrayError } from '../errors.ts';
import type { Store } from '../stores/store.ts';
import { allocateTile, checkRegion } from '../tile.ts';
import type { DType, Region, Shape, Tile } from '../tile.ts';
import { copyForeign } from './foreign-elements.ts';
import { chunkMapper, copyMapped } from './map-chunk.ts';
import type { ForeignArray } from './metadata.ts';

const IN_FLIGHT = 4;
/** Shards are no codec of zarrita's registry. */
const SHARDS = 'sharding_indexed';
/** A chunk is decoded as a whole, and one that is missing is made up of fill values: at most 1 GiB of float64. */
const MOST_CHUNK_ELEMENTS = 2 ** 27;

/** A Zarr array (v2 or v3) in any layout, chunking, codec and byte order that zarrita reads. Read-only. */
export async function foreignArray(
  url: string,
  store: Store,
  found: ForeignArray,
  { mapFile }: Pick<ArrayContext, 'mapFile'> = {},
): Promise<MatrixArray> {
  await verifyChecksums();
  // zarrita would reject some promise that nobody waits for, and that ends the process.
  const unknown = found.codecs.find((codec) => codec !== SHARDS && !registry.has(codec));
  if (unknown !== undefined) throw new MalformedHeaderError(url, `its codec ${unknown.slice(0, 40)} is unknown here`);
  const isPlain = found.codecs.every((codec) => codec === 'bytes');
  const traffic = newTraffic();
  const { array } = await openWith(url, store, false, () => undefined);
  const { shape } = found;
  const chunk = chunkOf(url, array.chunks);
  const dtype: DType = array.dtype === 'float32' || array.dtype === 'float16' ? 'float32' : 'float64';

  const map = found.plain && chunkMapper({ url, shape, plain: found.plain, traffic }, store, mapFile);

  async function read(region: Region, options?: ArrayCallOptions): Promise<Tile> {
    checkRegion(region, shape, url);
    const { array: source, isOwn } = await openWith(
      url,
      store,
      isPlain,
      (bytes) => countRead(bytes, traffic, options),
      options?.signal,
    );
    const target = allocateTile(dtype, region.rows, region.cols);
    await forEachBounded(overlaps(region, chunk), IN_FLIGHT, async ({ r, c, region: part }) => {
      if (await copyMapped(map, part, region, target, options)) return;
      const piece = await source
        .getChunk([r, c])
        .catch((error: unknown) => Promise.reject(isOwn(error) ? error : corrupt(url, [r, c], error)));
      copyForeign(url, piece, chunk, { r, c, region: part }, region, target);
    });
    return target;
  }

  return {
    url,
    format: 'zarr',
    shape,
    dtype,
    chunk,
    traffic,
    read,
    ...(map && { map }),
    async write() {
      throw new ReadOnlyArrayError(url, 'it is a Zarr array of another layout than ours');
    },
    async close() {},
  };
}

/** @throws MalformedHeaderError for chunks that can't be, or could not be held in memory, whatever is stored of them */
function chunkOf(url: string, chunks: unknown): Shape {
  const [rows, cols, ...rest] = Array.isArray(chunks) ? (chunks as unknown[]) : [];
  const isSide = (side: unknown): side is number => Number.isSafeInteger(side) && Number(side) >= 1;
  if (!isSide(rows) || !isSide(cols) || rest.length > 0) {
    throw new MalformedHeaderError(url, 'its chunks are not of two sides of at least 1');
  }
  if (rows * cols > MOST_CHUNK_ELEMENTS) {
    const reason = `its chunks are ${rows}x${cols}, expected at most ${MOST_CHUNK_ELEMENTS} elements; store it in smaller ones`;
    throw new MalformedHeaderError(url, reason);
  }
  return [rows, cols];
}

/** The array, and whether an error is the store's own and not one of zarrita, which believes what the metadata say. */
async function openWith(
  url: string,
  store: Store,
  isPlain: boolean,
  count: (bytes: number) => void,
  signal?: AbortSignal,
) {
  const own = new Set<unknown>();
  const isOwn = (error: unknown) => own.has(error);
  const noting = (error: unknown): never => {
    own.add(error);
    throw error;
  };
  // zarrita's codecs want unshared memory, all but the one that only takes bytes for elements.
  const counted = (bytes: Uint8Array | undefined, shared = false) => {
    if (bytes) count(bytes.byteLength);
    return shared ? bytes : bytes && new Uint8Array(bytes);
  };
  const readable = {
    get: (path: string) =>
      store.get(keyOf(path), { signal }).then((bytes) => counted(bytes, isPlain && /\d$/.test(path)), noting),
    getRange: (path: string, range: { offset: number; length: number } | { suffixLength: number }) =>
      part(keyOf(path), range).then((bytes) => counted(bytes), noting),
  };
  async function part(key: string, range: { offset: number; length: number } | { suffixLength: number }) {
    if ('offset' in range) return store.getRange(key, range.offset, range.length, { signal });
    const size = await store.size(key, { signal });
    if (size === undefined) return undefined;
    const length = Math.min(size, range.suffixLength);
    return store.getRange(key, size - length, length, { signal });
  }
  try {
    return { array: await open(readable, { kind: 'array' }), isOwn };
  } catch (cause) {
    if (isOwn(cause)) throw cause;
    throw new MalformedHeaderError(url, reasonOf(cause), { cause });
  }
}

function reasonOf(cause: unknown): string {
  return (cause instanceof Error ? cause.message : String(cause)).replace(/\.$/, '').slice(0, 300);
}

function keyOf(path: string): string {
  return path.replace(/^\//, '');
}

function corrupt(url: string, at: readonly [number, number], cause: unknown): unknown {
  if (!isZarritaError(cause, 'CodecPipelineError')) {
    return new MalformedHeaderError(url, `its chunks can't be read: ${reasonOf(cause)}`, { cause });
  }
  return new CorruptTileError(url, at, `${cause.codec ?? 'a codec'} failed: ${reasonOf(cause.cause)}`, { cause });
}

/** zarrita's own crc32c codec drops the checksum unread; a corrupt tile must be an error. */
async function verifyChecksums(): Promise<void> {
  const crc32c = await loadCrc32c();
  const codec = {
    kind: 'bytes_to_bytes' as const,
    encode(): never {
      throw new Error('crc32c is only decoded here');
    },
    decode(bytes: Uint8Array): Uint8Array {
      const end = bytes.byteLength - 4;
      if (end < 0) throw new Error('there is no checksum');
      const payload = bytes.subarray(0, end);
      const stored = new DataView(bytes.buffer, bytes.byteOffset + end, 4).getUint32(0, true);
      if (crc32c(payload) !== stored) throw new Error('the checksum is wrong');
      return payload;
    },
    computeEncodedSize: (size: number) => size + 4,
  };
  registry.set('crc32c', async () => ({ kind: codec.kind, fromConfig: () => codec }) as never);
}
