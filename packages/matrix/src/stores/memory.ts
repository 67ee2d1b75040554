import { checkKey, checkPrefix } from './key.ts';
import type { CallOptions, Store } from './store.ts';

/** A store in this process's memory: for simulations and tests. */
export function memoryStore(): Store {
  const values = new Map<string, Uint8Array>();
  async function* list(prefix: string, options?: CallOptions) {
    checkPrefix(prefix);
    options?.signal?.throwIfAborted();
    const below = prefix === '' ? '' : `${prefix}/`;
    for (const [key, { byteLength: size }] of Array.from(values)) {
      options?.signal?.throwIfAborted();
      if (key.startsWith(below)) yield { key, size };
    }
  }
  return {
    async get(key, options) {
      ready(key, options);
      const value = values.get(key);
      return value && new Uint8Array(value);
    },
    async getRange(key, offset, length, options) {
      ready(key, options);
      return values.get(key)?.slice(offset, offset + length);
    },
    async set(key, bytes, options) {
      ready(key, options);
      values.set(key, joined(bytes));
    },
    async setFrom(key, pieces, options) {
      ready(key, options);
      const all: Uint8Array[] = [];
      for await (const piece of pieces) all.push(new Uint8Array(piece));
      ready(key, options);
      values.set(key, joined(all));
    },
    async has(key, options) {
      ready(key, options);
      return values.has(key);
    },
    async size(key, options) {
      ready(key, options);
      return values.get(key)?.byteLength;
    },
    list,
    async delete(key, options) {
      ready(key, options);
      values.delete(key);
    },
    async deleteAll(prefix, options) {
      for await (const { key } of list(prefix, options)) values.delete(key);
    },
  };
}

function ready(key: string, options?: CallOptions): void {
  checkKey(key);
  options?.signal?.throwIfAborted();
}

/** A private copy of the pieces as one. */
export function joined(bytes: Uint8Array | readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const pieces = bytes instanceof Uint8Array ? [bytes] : bytes;
  const whole = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.byteLength, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.byteLength;
  }
  return whole;
}
