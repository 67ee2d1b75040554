/** When a package counts as slow or lost, in one place and without a clock of its own. */
export interface StragglerPolicy {
  /** Silence of the whole fleet after which a package counts as lost; each further time it waits that much longer. */
  readonly patienceMs: number;
  /** Near the end of a phase, a package this many times slower than the median gets a backup copy. */
  readonly slowerThanMedian: number;
  /** Packages whose durations make a median worth trusting. */
  readonly enough: number;
  /** No package gets a backup copy sooner than this, however fast the others are. */
  readonly soonestMs: number;
  /** Backup copies that one package gets at most. */
  readonly backups: number;
  /** Packages wait, nobody has one and nobody answers: after so long there is no worker. */
  readonly abandonedMs: number;
  /** Failures, or sendings in a row that nobody answers, after which a package fails the job. */
  readonly attempts: number;
}

/**
 * cubed's rule for backups (three times the median, half of the packages done, at least ten:
 * https://github.com/cubed-dev/cubed, `runtime/backup.py`), and for lost packages twice the queue's own visibility
 * timeout, within which it delivers again what a dead worker held. A worker that died is back within a minute where
 * something starts it again, and a machine within a few: five minutes without any are no accident.
 */
export const STRAGGLERS: StragglerPolicy = {
  patienceMs: 120_000,
  slowerThanMedian: 3,
  enough: 10,
  soonestMs: 2_000,
  backups: 2,
  abandonedMs: 300_000,
  attempts: 5,
};

/** What to do about a package that was sent and not answered. */
export type Verdict = 'wait' | 'backup' | 'again' | 'give up';

/** What is known of one package that was sent. All times in milliseconds. */
export interface FlightState {
  /** Since its last sending, or since the last answer of any package if that is later: who answers is alive. */
  readonly silentMs: number;
  /** Since its last sending, or since the fleet has a free lane for everything that is under way, if that is later. */
  readonly workedOnMs: number;
  /** Sendings in a row that counted as lost. */
  readonly unanswered: number;
  readonly backups: number;
  /** What its work may take on the slowest worker that is imaginable. */
  readonly expectedMs: number;
}

/** What is known of its phase. */
export interface PhaseState {
  readonly done: number;
  readonly packages: number;
  /** Of the time that workers spent on packages of this phase; undefined while too few are known. */
  readonly medianMs: number | undefined;
}

/**
 * Decides about one package. Pure: the clock's readings are in the arguments.
 * - `backup`: another worker may be faster; the first result counts. Never fails a job, happens a few times at most.
 * - `again`: the message must be lost (dead-lettered, say), for the whole fleet has been silent for too long.
 * - `give up`: and that has happened too often.
 */
export function verdictOn(flight: FlightState, phase: PhaseState, policy: StragglerPolicy): Verdict {
  if (flight.silentMs >= policy.patienceMs * (flight.unanswered + 1) + flight.expectedMs) {
    return flight.unanswered + 1 >= policy.attempts ? 'give up' : 'again';
  }
  const { done, packages, medianMs } = phase;
  if (medianMs === undefined || done < policy.enough || done * 2 < packages) return 'wait';
  const slow = Math.max(policy.slowerThanMedian * medianMs, policy.soonestMs) * 2 ** flight.backups;
  return flight.backups < policy.backups && flight.workedOnMs >= slow ? 'backup' : 'wait';
}
