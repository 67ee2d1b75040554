import type { Clock } from '@tessera/protocol';
import { NoAnswerError } from './errors.ts';
import { expectedMs } from './expected-time.ts';
import type { Flight, Flights } from './flights.ts';
import { verdictOn, type StragglerPolicy } from './stragglers.ts';

/** Between two looks at the packages under way. */
const LOOK_MS = 500;
/** Packages that are sent again after one look; when these are answered there is time for more. */
const MOST_AGAIN = 256;
/** Packages that a worker has at once: while it computes one it reads or stores another. */
const LANES_PER_WORKER = 2;

/** How far a stage is, as the watch needs to know it. */
export interface WatchedStage {
  /** Whether every package whose time has come was sent at least once. */
  readonly allSent: boolean;
  readonly workers: number;
}

/** Keeps an eye on the packages under way: which are slow, which are lost. */
export class StragglerWatch {
  readonly #flights: Flights;
  readonly #clock: Clock;
  readonly #policy: StragglerPolicy;
  readonly #startedAt: number;
  #lastAnswerAt: number;
  /** Since when the fleet has lanes for everything that is under way. */
  #lanesFreeSince: number | undefined;
  #lookedAt = -Infinity;

  constructor(flights: Flights, { clock, stragglers }: { clock: Clock; stragglers: StragglerPolicy }) {
    this.#flights = flights;
    this.#clock = clock;
    this.#policy = stragglers;
    this.#startedAt = clock.now();
    this.#lastAnswerAt = this.#startedAt;
  }

  /** Somebody answered, so somebody is alive. */
  answered(): void {
    this.#lastAnswerAt = this.#clock.now();
  }

  /**
   * The packages to send again now. Those of a phase that runs beside another are left alone while that one is under way: a
   * worker that took one may compute something else first, for as long as that takes, and be silent.
   * @throws NoAnswerError when one was sent too often for nothing
   */
  look({ allSent, workers }: WatchedStage): Flight[] {
    const now = this.#clock.now();
    if (!allSent || this.#flights.sentCount > LANES_PER_WORKER * Math.max(1, workers)) this.#lanesFreeSince = undefined;
    else this.#lanesFreeSince ??= now;
    if (now - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = now;
    const again: Flight[] = [];
    for (const flight of this.#flights.oldestFirst()) {
      // They come in the order of sending, so the rest is too young for any verdict.
      if (now - flight.sentAt < this.#policy.soonestMs || again.length >= MOST_AGAIN) break;
      const { track } = flight;
      if (track.aloneSince === undefined) continue;
      const since = Math.max(flight.sentAt, track.aloneSince);
      const medianMs = track.workMs.value(this.#policy.enough);
      const state = {
        silentMs: now - Math.max(since, this.#lastAnswerAt),
        workedOnMs: this.#lanesFreeSince === undefined ? 0 : now - Math.max(since, this.#lanesFreeSince),
        unanswered: flight.unanswered,
        backups: flight.backups,
        expectedMs: expectedMs(flight.body, { plannedMs: track.phase.plannedMs, medianMs }),
      };
      const phase = { done: track.done, packages: track.packages, medianMs };
      const verdict = verdictOn(state, phase, this.#policy);
      if (verdict === 'give up') throw new NoAnswerError(flight.id, flight.attempt, (now - this.#startedAt) / 1000);
      if (verdict === 'wait') continue;
      if (verdict === 'backup') flight.backups++;
      else flight.unanswered++;
      again.push(flight);
    }
    return again;
  }
}
