import type { Clock } from '@tessera/protocol';
import type { VirtualTime } from '../world/virtual-time.ts';

/** Something that does one thing after another: a network card, a kernel, a prefix of a bucket. */
export class Lane {
  busyMs = 0;
  readonly #time: VirtualTime;
  #freeAt = 0;

  constructor(time: VirtualTime) {
    this.#time = time;
  }

  /** When `ms` of its work asked for now are over. */
  reserve(ms: number): number {
    this.#freeAt = Math.max(this.#freeAt, this.#time.now) + ms;
    this.busyMs += ms;
    return this.#freeAt;
  }
}

/** Waits until a moment. */
export function until(clock: Clock, at: number): Promise<void> {
  return clock.sleep(Math.max(0, at - clock.now()));
}
