import type { Clock } from '@tessera/protocol';

/** Why a wait ends before its time; made once, for an exception is dear. */
const RUNG = new Error('it rang');

/** Lets one loop sleep until it is rung for. A ring that nobody waits for is kept for the next who waits. */
export class Bell {
  #rung = false;
  #waiting: AbortController | undefined;

  ring(): void {
    if (this.#waiting) this.#waiting.abort(RUNG);
    else this.#rung = true;
  }

  /** Resolves when it rings, or after `ms`. */
  async wait(clock: Clock, ms: number): Promise<void> {
    if (!this.#rung) {
      this.#waiting = new AbortController();
      await clock.sleep(ms, this.#waiting.signal).catch(() => undefined);
      this.#waiting = undefined;
    }
    this.#rung = false;
  }
}
