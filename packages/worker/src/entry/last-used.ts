import { utimes } from 'node:fs';

/** How often the file is touched at most; the watch that reads it counts in minutes. */
const INTERVAL_MS = 20_000;

/**
 * Tells the machine's idle watch that the worker is of use, by the time stamp of `last-used`. Where nobody watches there
 * is no such file, and nothing happens.
 */
export function lastUsedFile(path: string, now: () => number): () => void {
  let touchedAt = -Infinity;
  return () => {
    const at = now();
    if (at - touchedAt < INTERVAL_MS) return;
    touchedAt = at;
    utimes(path, new Date(at), new Date(at), () => undefined);
  };
}
