import { setImmediate } from 'node:timers/promises';
import type { Clock } from '@tessera/protocol';

interface Sleeper {
  readonly until: number;
  wake(): void;
}

/** A clock that is turned by hand. */
export class SteppedClock implements Clock {
  #now = 0;
  readonly #sleepers = new Set<Sleeper>();

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) {
        reject(signal.reason);
        return;
      }
      const give = () => {
        this.#sleepers.delete(sleeper);
        reject(signal!.reason);
      };
      const sleeper: Sleeper = {
        until: this.#now + ms,
        wake: () => {
          signal?.removeEventListener('abort', give);
          resolve();
        },
      };
      signal?.addEventListener('abort', give, { once: true });
      this.#sleepers.add(sleeper);
    });
  }

  /** Lets time pass, and whoever sleeps wake at his time. */
  async pass(ms: number): Promise<void> {
    const end = this.#now + ms;
    for (;;) {
      await this.settled();
      const next = [...this.#sleepers].toSorted((a, b) => a.until - b.until)[0];
      if (!next || next.until > end) break;
      this.#now = Math.max(this.#now, next.until);
      this.#sleepers.delete(next);
      next.wake();
    }
    this.#now = end;
    await this.settled();
  }

  /** Lets everybody go on who does not wait for time to pass. */
  async settled(): Promise<void> {
    for (let turns = 0; turns < 5; turns++) await setImmediate();
  }
}
