import type { Clock } from '@tessera/protocol';

/** Time that passes at once: whenever nothing else is left to do, it goes on to the next sleeper's moment. */
export class VirtualClock implements Clock {
  #now = Date.UTC(2026, 0, 2);
  readonly #sleepers: { at: number; wake: () => void }[] = [];
  #pumping = false;

  now(): number {
    return this.#now;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const sleeper = { at: this.#now + ms, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index >= 0) this.#sleepers.splice(index, 1);
        reject(signal.reason);
      });
      this.#pump();
    });
  }

  /** Calls `action` when this much time has passed. */
  after(ms: number, action: () => void): void {
    void this.sleep(ms).then(action);
  }

  #pump(): void {
    if (this.#pumping) return;
    this.#pumping = true;
    setImmediate(() => {
      this.#pumping = false;
      this.#sleepers.sort((a, b) => a.at - b.at);
      const next = this.#sleepers.shift();
      if (next === undefined) return;
      this.#now = Math.max(this.#now, next.at);
      next.wake();
      this.#pump();
    });
  }
}
