import type { PackageBody } from '@tessera/protocol';
import { Failures } from './failures.ts';
import type { PhaseTrack } from './phase-track.ts';

/**
 * A package on its way. It is `waiting` (to be sent, or sent again, at `dueAt`), then `sending` while its message is made,
 * then `sent`; a failure or silence makes it wait again. It is `blocked` until others have repaired what it reads, and
 * `over` when it was answered for good, which may be at any time.
 */
export interface Flight {
  readonly id: string;
  /** The phase that it is of, or that needs it as a repair. */
  readonly track: PhaseTrack;
  /** Place in its phase; undefined for the repair of something that an earlier phase made. */
  readonly index: number | undefined;
  readonly body: PackageBody;
  state: 'new' | 'waiting' | 'sending' | 'sent' | 'blocked' | 'over';
  /** Number of its last sending. Answers to sendings before `firstAttempt` are not answers to this flight. */
  attempt: number;
  readonly firstAttempt: number;
  /** The last sending that is known to have failed. */
  failedAttempt: number;
  readonly failures: Failures;
  /** Sendings in a row that counted as lost, and copies sent because it was slow. */
  unanswered: number;
  backups: number;
  dueAt: number;
  sentAt: number;
  /** Repairs that it waits for, and the flights that wait for this repair. */
  blockedBy: number;
  readonly blocks: Flight[];
}

/** What a flight is begun with. */
type FlightPlan = Pick<Flight, 'id' | 'body'> & Partial<Pick<Flight, 'index'>>;

/** The packages of a stage that are under way, by id, and in the order in which they were sent last. */
export class Flights {
  readonly #byId = new Map<string, Flight>();
  readonly #sent = new Set<Flight>();
  #waiting: Flight[] = [];

  /** All of them. */
  get size(): number {
    return this.#byId.size;
  }

  /** Those that workers have, or could have. */
  get sentCount(): number {
    return this.#sent.size;
  }

  find(id: string): Flight | undefined {
    return this.#byId.get(id);
  }

  /** @param attempt the number of its last sending, before any of this flight */
  begin({ id, index, body }: FlightPlan, track: PhaseTrack, attempt = 0): Flight {
    const flight: Flight = {
      id,
      track,
      index,
      body,
      state: 'new',
      attempt,
      firstAttempt: attempt + 1,
      failedAttempt: attempt,
      failures: new Failures(),
      unanswered: 0,
      backups: 0,
      dueAt: 0,
      sentAt: 0,
      blockedBy: 0,
      blocks: [],
    };
    this.#byId.set(id, flight);
    return flight;
  }

  /** It shall be sent (again) at `dueAt`. */
  wait(flight: Flight, dueAt: number): void {
    // One whose message is being made goes out in any case.
    if (flight.state === 'sending' || flight.state === 'over') return;
    if (flight.state === 'waiting') {
      flight.dueAt = Math.min(flight.dueAt, dueAt);
      return;
    }
    flight.dueAt = dueAt;
    this.#sent.delete(flight);
    flight.state = 'waiting';
    this.#waiting.push(flight);
  }

  /** Takes up to `most` of those whose time has come. */
  takeDue(now: number, most: number): Flight[] {
    if (this.#waiting.length === 0) return [];
    const due: Flight[] = [];
    const later: Flight[] = [];
    for (const flight of this.#waiting) {
      if (flight.state !== 'waiting') continue;
      if (flight.dueAt <= now && due.length < most) due.push(flight);
      else later.push(flight);
    }
    this.#waiting = later;
    for (const flight of due) flight.state = 'sending';
    return due;
  }

  /** When the next of those that wait is due; Infinity where none waits. */
  nextDueAt(): number {
    return this.#waiting.reduce(
      (soonest, { state, dueAt }) => (state === 'waiting' ? Math.min(soonest, dueAt) : soonest),
      Infinity,
    );
  }

  sent(flight: Flight, now: number): void {
    if (flight.state === 'over') return;
    this.#sent.delete(flight);
    this.#sent.add(flight);
    flight.state = 'sent';
    flight.attempt++;
    flight.sentAt = now;
  }

  block(flight: Flight, repairs: readonly Flight[]): void {
    this.#sent.delete(flight);
    flight.state = 'blocked';
    flight.blockedBy = repairs.length;
    for (const repair of repairs) repair.blocks.push(flight);
  }

  over(flight: Flight): void {
    flight.state = 'over';
    this.#sent.delete(flight);
    this.#byId.delete(flight.id);
  }

  /** Ids of those that workers had when they died. */
  suspects(): string[] {
    return [...this.#byId.values()].filter(({ failures }) => failures.isDeadly).map(({ id }) => id);
  }

  /** Those sent, the one that was sent the longest ago first. */
  oldestFirst(): Iterable<Flight> {
    return this.#sent;
  }
}
