import type { Clock } from '@tessera/protocol';
import { NoAnswerError } from './errors.ts';
import { expectedMs } from './expected-time.ts';
import type { Flight, Flights } from './flights.ts';
import { Median } from './median.ts';
import { verdictOn, type StragglerPolicy } from './stragglers.ts';

/** Between two looks at the packages under way. */
const LOOK_MS = 500;
/** Packages that are sent again after one look; when these are answered there is time for more. */
const MOST_AGAIN = 256;
/** Packages that a worker has at once: while it computes one it reads or stores another. */
const LANES_PER_WORKER = 2;

/** How far a phase is, as the watch needs to know it. */
export interface WatchedPhase {
  readonly done: number;
  readonly packages: number;
  /** Whether every package was sent at least once. */
  readonly allSent: boolean;
  readonly workers: number;
}

/** Keeps an eye on the packages under way: which are slow, which are lost. */
export class StragglerWatch {
  readonly #flights: Flights;
  readonly #clock: Clock;
  readonly #policy: StragglerPolicy;
  readonly #plannedMs: number | undefined;
  readonly #workMs = new Median();
  readonly #startedAt: number;
  #lastAnswerAt: number;
  /** Since when the fleet has lanes for everything that is under way. */
  #lanesFreeSince: number | undefined;
  #lookedAt = -Infinity;

  constructor(
    flights: Flights,
    { clock, stragglers, plannedMs }: { clock: Clock; stragglers: StragglerPolicy; plannedMs: number | undefined },
  ) {
    this.#flights = flights;
    this.#clock = clock;
    this.#policy = stragglers;
    this.#plannedMs = plannedMs;
    this.#startedAt = clock.now();
    this.#lastAnswerAt = this.#startedAt;
  }

  /** Somebody answered, so somebody is alive. */
  answered(): void {
    this.#lastAnswerAt = this.#clock.now();
  }

  /** A package took a worker so long. */
  worked(seconds: { readonly read: number; readonly compute: number; readonly write: number }): void {
    this.#workMs.add(1000 * (seconds.read + seconds.compute + seconds.write));
  }

  /**
   * The packages to send again now.
   * @throws NoAnswerError when one was sent too often for nothing
   */
  look({ done, packages, allSent, workers }: WatchedPhase): Flight[] {
    const now = this.#clock.now();
    if (!allSent || this.#flights.sentCount > LANES_PER_WORKER * Math.max(1, workers)) this.#lanesFreeSince = undefined;
    else this.#lanesFreeSince ??= now;
    if (now - this.#lookedAt < LOOK_MS) return [];
    this.#lookedAt = now;
    const phase = { done, packages, medianMs: this.#workMs.value(this.#policy.enough) };
    const again: Flight[] = [];
    for (const flight of this.#flights.oldestFirst()) {
      // They come in the order of sending, so the rest is too young for any verdict.
      if (now - flight.sentAt < this.#policy.soonestMs || again.length >= MOST_AGAIN) break;
      const state = {
        silentMs: now - Math.max(flight.sentAt, this.#lastAnswerAt),
        workedOnMs: this.#lanesFreeSince === undefined ? 0 : now - Math.max(flight.sentAt, this.#lanesFreeSince),
        unanswered: flight.unanswered,
        backups: flight.backups,
        expectedMs: expectedMs(flight.body, { plannedMs: this.#plannedMs, medianMs: phase.medianMs }),
      };
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
