import { checkKey, checkPrefix } from './key.ts';
import type { Store } from './store.ts';

/** The part of a store below a prefix, as a store of its own. */
export function within(store: Store, prefix: string): Store {
  checkKey(prefix);
  const keyOf = (key: string) => {
    checkKey(key);
    return `${prefix}/${key}`;
  };
  const below = (part: string) => {
    checkPrefix(part);
    return part === '' ? prefix : `${prefix}/${part}`;
  };
  return {
    get: async (key, options) => store.get(keyOf(key), options),
    getRange: async (key, offset, length, options) => store.getRange(keyOf(key), offset, length, options),
    set: async (key, bytes, options) => store.set(keyOf(key), bytes, options),
    setFrom: async (key, pieces, options) => store.setFrom(keyOf(key), pieces, options),
    ...(store.localPath ? { localPath: (key: string) => store.localPath!(keyOf(key)) } : {}),
    has: async (key, options) => store.has(keyOf(key), options),
    size: async (key, options) => store.size(keyOf(key), options),
    async *list(part, options) {
      for await (const { key, size } of store.list(below(part), options)) {
        yield { key: key.slice(prefix.length + 1), size };
      }
    },
    delete: async (key, options) => store.delete(keyOf(key), options),
    deleteAll: async (part, options) => store.deleteAll(below(part), options),
  };
}
