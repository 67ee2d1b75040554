import type { Clock } from '@tessera/protocol';
import { errorTag, patiently } from '@tessera/queue';

/** How long the master goes on when its own calls fail of what passes by itself. */
const PATIENCE_MS = 10 * 60_000;

/**
 * Does `work` once, tried again while it fails of errors that pass by themselves, and tells of each failure.
 * @param signal ends the trying; rejects with its reason
 */
export async function stubbornly<T>(
  work: () => Promise<T>,
  { clock, warn }: { readonly clock: Clock; warn(message: string): void },
  signal?: AbortSignal,
): Promise<T> {
  return patiently(
    () => {
      signal?.throwIfAborted();
      return work();
    },
    {
      clock,
      signal,
      forMs: PATIENCE_MS,
      onRetry: (error, failures) => warn(`failed ${failures} times, trying again: ${errorTag(error)}`),
    },
  );
}
