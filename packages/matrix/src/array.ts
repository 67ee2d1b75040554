import type { Format } from './location.ts';
import type { StoreContext } from './stores/open.ts';
import type { CallOptions } from './stores/store.ts';
import type { MapFile, MappedTile } from './mapped.ts';
import type { DType, Region, Shape, Tile } from './tile.ts';

/** Bytes moved to and from a store, as stored (checksums, padding and gaps included). */
export interface Traffic {
  bytesRead: number;
  bytesWritten: number;
}

export interface ArrayCallOptions extends CallOptions {
  /** The call adds its bytes here as well as to the array's own count. */
  readonly traffic?: Traffic | undefined;
  /** Told the checksum of each chunk that was met, read or mapped, and found right, where chunks carry one. */
  readonly checksum?: ((r: number, c: number, crc32c: number) => void) | undefined;
}

/** A matrix at rest that can be read, and mostly written, piece by piece. Safe to use from many calls at once. */
export interface MatrixArray {
  readonly url: string;
  readonly format: Extract<Format, 'zarr' | 'npy'>;
  readonly shape: Shape;
  /** What tiles of this array hold; integers and booleans on disk are read as `float64`, float16 as `float32`. */
  readonly dtype: DType;
  /** Rows and columns of a stored chunk; absent where any region is as good as another (.npy). */
  readonly chunk?: Shape;
  /** All bytes that this object has moved. */
  readonly traffic: Readonly<Traffic>;
  /**
   * @throws RegionError outside the matrix; MissingTileError where a chunk of ours isn't stored; CorruptTileError
   *   for a wrong checksum; InexactIntegerError for an integer that float64 can't hold.
   */
  read(region: Region, options?: ArrayCallOptions): Promise<Tile>;
  /**
   * The region where it lies in its file, read without a copy; `undefined` where that is not possible (what is amiss, reading
   * says) or takes more than `mostBytes` of elements: rows of a matrix lie apart, and a chunk with a checksum is looked at
   * as a whole. Whoever takes it must `unmap` it.
   * @throws RegionError outside the matrix.
   */
  map?(region: Region, mostBytes: number, options?: ArrayCallOptions): Promise<MappedTile | undefined>;
  /** @throws PartialChunkError, RegionError, ReadOnlyArrayError. */
  write(region: Region, tile: Tile, options?: ArrayCallOptions): Promise<void>;
  /** Arrays in Tessera's own Zarr layout have these: see `ChunkedArray`. */
  readChunk?(r: number, c: number, options?: ArrayCallOptions): Promise<Tile | undefined>;
  writeChunk?(r: number, c: number, tile: Tile, options?: ArrayCallOptions): Promise<void>;
  storedChunks?(options?: ArrayCallOptions): AsyncIterable<readonly [r: number, c: number]>;
  close(): Promise<void>;
}

/** A matrix stored in chunks. A tile of chunk (r, c) has the chunk's elements inside the matrix, without padding. */
export interface ChunkedArray extends MatrixArray {
  readonly format: 'zarr';
  readonly chunk: Shape;
  /** `undefined` for a chunk that isn't stored. @throws CorruptTileError. */
  readChunk(r: number, c: number, options?: ArrayCallOptions): Promise<Tile | undefined>;
  writeChunk(r: number, c: number, tile: Tile, options?: ArrayCallOptions): Promise<void>;
  /**
   * The chunks that a listing of the store shows with the size that a whole one has, in no particular order. Chunks are
   * written whole or not at all, so a size tells what was written; what became of it since, only reading does.
   */
  storedChunks(options?: ArrayCallOptions): AsyncIterable<readonly [r: number, c: number]>;
}

export interface ArraySpec {
  readonly shape: Shape;
  readonly dtype: DType;
  /** Zarr only; the whole matrix is one chunk without it. */
  readonly chunk?: Shape | undefined;
}

export interface ArrayContext extends StoreContext, CallOptions {
  /** How files are mapped; without it every read is a copy. */
  readonly mapFile?: MapFile | undefined;
}

export function isChunked(array: MatrixArray): array is ChunkedArray {
  return array.readChunk !== undefined && array.writeChunk !== undefined;
}

export function newTraffic(): Traffic {
  return { bytesRead: 0, bytesWritten: 0 };
}

export function countRead(bytes: number, own: Traffic, options?: ArrayCallOptions): void {
  own.bytesRead += bytes;
  if (options?.traffic) options.traffic.bytesRead += bytes;
}

export function countWritten(bytes: number, own: Traffic, options?: ArrayCallOptions): void {
  own.bytesWritten += bytes;
  if (options?.traffic) options.traffic.bytesWritten += bytes;
}
