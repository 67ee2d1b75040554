import type { Clock, Random } from '@tessera/protocol';

/** Time, chance and the wish to stop, as every function of this package takes them. */
export interface World {
  readonly clock: Clock;
  readonly random: Random;
  readonly signal?: AbortSignal | undefined;
}

/** The machine's own time. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep(ms, signal) {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const timer = setTimeout(() => {
        signal?.removeEventListener('abort', stop);
        resolve();
      }, ms);
      const stop = () => {
        clearTimeout(timer);
        reject(signal!.reason);
      };
      signal?.addEventListener('abort', stop, { once: true });
    });
  },
};

/** Fills in what a caller left out: the machine's clock and chance. */
export function worldOf(part: Partial<World> | undefined): World {
  return { clock: part?.clock ?? systemClock, random: part?.random ?? Math.random, signal: part?.signal };
}
