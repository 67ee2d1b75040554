import type { Clock, Phase, ProgressEvent } from '@tessera/protocol';

/** An event without what is the same in all events of a job. */
export type EventBody = ProgressEvent extends infer E
  ? E extends unknown
    ? Omit<E, 'v' | 'jobId' | 'at'>
    : never
  : never;

/** Milliseconds between two events of one kind: people read these. */
const PAUSE_MS = 100;

/** Who hears, and when. */
export interface AnnouncerWorld {
  readonly clock: Clock;
  emit(event: EventBody): void;
}

/** Tells how far a phase is: not more often than people can read, but the end of each count, once. */
export class Announcer {
  readonly #phase: { readonly phase: Phase; readonly packages: number };
  readonly #clock: Clock;
  readonly #emit: (event: EventBody) => void;
  readonly #toldAt = { sent: -Infinity, received: -Infinity };

  constructor(phase: { readonly phase: Phase; readonly packages: number }, world: AnnouncerWorld) {
    this.#phase = phase;
    this.#clock = world.clock;
    this.#emit = (event) => world.emit(event);
  }

  sent(sent: number): void {
    const { phase, packages } = this.#phase;
    if (this.#isTime('sent', sent)) this.#emit({ event: 'packages:sent', phase, sent, packages });
  }

  received(received: number): void {
    const { phase, packages } = this.#phase;
    if (this.#isTime('received', received)) this.#emit({ event: 'packages:received', phase, received, packages });
  }

  #isTime(what: 'sent' | 'received', count: number): boolean {
    const now = this.#clock.now();
    const ended = count === this.#phase.packages;
    if (this.#toldAt[what] === Infinity || (!ended && now - this.#toldAt[what] < PAUSE_MS)) return false;
    this.#toldAt[what] = ended ? Infinity : now;
    return true;
  }
}
