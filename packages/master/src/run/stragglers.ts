/** When a package counts as lost or slow, in one place and without a clock of its own. */
export interface StragglerPolicy {
  /** A package is never sent again sooner than this after its last sending. */
  readonly patienceMs: number;
  /** Near the end of a phase, a package this many times slower than the median is sent again. */
  readonly slowerThanMedian: number;
  /** Packages whose durations make a median worth trusting. */
  readonly enough: number;
  /** Sendings after which a package that nobody answers fails the job. */
  readonly attempts: number;
}

/** cubed's rule for backups (three times the median, half of them done, at least ten), and a patience for lost ones. */
export const STRAGGLERS: StragglerPolicy = { patienceMs: 120_000, slowerThanMedian: 3, enough: 10, attempts: 5 };

/**
 * Whether a package that was sent and not answered should be sent once more.
 * @param waitedMs time since its last sending, or since the last answer of any package when that is later: packages wait
 *   in the queue behind others, so only silence counts
 * @param medianMs median time between answers' sending and arrival in this phase; undefined while too few are known
 */
export function shouldSendAgain(
  state: { waitedMs: number; done: number; packages: number; medianMs: number | undefined },
  policy: StragglerPolicy,
): boolean {
  if (state.waitedMs >= policy.patienceMs) return true;
  if (state.medianMs === undefined || state.done < policy.enough || state.done * 2 < state.packages) return false;
  return state.waitedMs >= Math.max(policy.slowerThanMedian * state.medianMs, 5_000);
}
