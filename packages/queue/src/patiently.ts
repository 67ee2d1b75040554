import type { Clock, Random } from '@tessera/protocol';
import { isPassingError } from './passing-errors.ts';

/** How long to keep at it. */
export interface Patience {
  readonly clock: Clock;
  /** Spreads the tries of many processes; a lone one needs none. */
  readonly random?: Random;
  /** Ends the waiting; rejects with its reason. */
  readonly signal?: AbortSignal | undefined;
  /** After so many milliseconds of failing the last error is thrown. */
  readonly forMs: number;
  /** Told of every failure that is tried again. */
  onRetry?(error: unknown, failures: number): void;
}

const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 20_000;

/** Pause after the n-th failure in a row (n from 1): doubling from 0.1 s to 20 s, and with chance between half and all of it. */
export function pauseMs(failures: number, random?: Random): number {
  const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (failures - 1));
  return random ? full * (0.5 + random() / 2) : full;
}

/** Does `work`, again and again while it fails of errors that pass by themselves. */
export async function patiently<T>(work: () => Promise<T>, patience: Patience): Promise<T> {
  const { clock, random, signal, forMs } = patience;
  const startedAt = clock.now();
  for (let failures = 1; ; failures++) {
    try {
      return await work();
    } catch (error) {
      if (signal?.aborted || !isPassingError(error) || clock.now() - startedAt >= forMs) throw error;
      patience.onRetry?.(error, failures);
    }
    await clock.sleep(pauseMs(failures, random), signal);
  }
}
