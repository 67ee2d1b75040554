/** Passed to each call that moves bytes. */
export interface CallOptions {
  readonly signal?: AbortSignal | undefined;
}

/** A value that a store holds. */
export interface Listed {
  readonly key: string;
  /** The value's length in bytes. */
  readonly size: number;
}

/**
 * Named byte strings under one place: a directory, a prefix of a bucket, or memory. Every implementation passes
 * `test/store-contract.ts`.
 *
 * - A missing key is `undefined`; an exception means that something broke.
 * - `set` writes a value whole or not at all, and a repeated one is harmless.
 * - What `get` returns is the caller's to keep and change, and what `set` is given stays the caller's.
 * - Every method throws `KeyError` for a malformed key, and the signal's reason when it is aborted.
 */
export interface Store {
  get(key: string, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** At most `length` bytes from `offset`; fewer, or none, where the value ends before. */
  getRange(key: string, offset: number, length: number, options?: CallOptions): Promise<Uint8Array | undefined>;
  /** Several pieces are stored as if joined, which spares the caller the copy. */
  set(key: string, bytes: Uint8Array | readonly Uint8Array[], options?: CallOptions): Promise<void>;
  /**
   * Stores what comes in pieces, whole once all have come or not at all, with no more than some pieces in memory (a store
   * in memory excepted). A piece may be changed after the next one was asked for.
   */
  setFrom(key: string, pieces: AsyncIterable<Uint8Array>, options?: CallOptions): Promise<void>;
  /** Where a value lies, or would lie, as a file of its own on this machine: for reading it without the store's copies. */
  localPath?(key: string): string;
  has(key: string, options?: CallOptions): Promise<boolean>;
  /** The value's length in bytes. */
  size(key: string, options?: CallOptions): Promise<number | undefined>;
  /** Every value below `prefix` (all values for ''), `prefix` itself not included, in no particular order. */
  list(prefix: string, options?: CallOptions): AsyncIterable<Listed>;
  /** Deleting what isn't there is no error. */
  delete(key: string, options?: CallOptions): Promise<void>;
  /** Deletes every key below `prefix`. */
  deleteAll(prefix: string, options?: CallOptions): Promise<void>;
}
