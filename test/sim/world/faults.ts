import type { Chance } from './chance.ts';

/** What can go wrong by chance, with the probability of each at every opportunity. */
export interface FaultRates {
  /** A call is refused with a throttling error before it does anything. */
  readonly throttled: number;
  /** A call ends in a 5xx before it does anything. */
  readonly serverError: number;
  /** A connection breaks before the call did anything. */
  readonly connection: number;
  /** A call does what it should, and its caller sees an error. */
  readonly lostReply: number;
  /** A call is answered by nothing for a minute, then by a timeout. */
  readonly silence: number;
  /** A message is stored twice. */
  readonly duplicate: number;
  /** A message is delivered and stays visible all the same. */
  readonly visibilityIgnored: number;
  /** A deleted message comes again, minutes later. */
  readonly resurrected: number;
  /** A message hides for a while before it can be received the first time. */
  readonly late: number;
  /** A stored chunk has a bit flipped from then on. */
  readonly bitFlip: number;
  /** A chunk arrives with a bit flipped; what is stored is whole. */
  readonly readFlip: number;
  /** A stored chunk is gone after a while. */
  readonly vanished: number;
  /** A process dies at a call. */
  readonly workerCrash: number;
  readonly masterCrash: number;
  /** A process stands still for a while, its heartbeats too (SIGSTOP, a machine that swaps). */
  readonly paused: number;
  /** An instance is reclaimed, per minute. */
  readonly spotPerMinute: number;
}

export type FaultKind =
  | keyof FaultRates
  | 'slowWorker'
  | 'fullDisk'
  | 'poison'
  | 'badOperand'
  | 'strangeMessage'
  | 'cancelled'
  | 'fleetLost'
  | 'cloudLost'
  | 'resumed';

/** Faults of a run that are not a matter of rates. */
export interface FaultPlan {
  readonly rates: FaultRates;
  /** Milliseconds that a call takes on average. */
  readonly latencyMs: number;
  /** How much slower each worker computes than it should. */
  readonly slowness: readonly number[];
  /** Writing chunks is refused from `from` to `until`, in milliseconds since the start. */
  readonly fullDisk?: { readonly from: number; readonly until: number };
  /** Every worker that stores this chunk dies of it. */
  readonly poison: boolean;
  /** A chunk of a given operand is corrupt, and nobody can make it again. */
  readonly badOperand: boolean;
  /** Messages that no worker understands. */
  readonly strangeMessages: number;
  /** When somebody asks the first job to stop, in milliseconds since the start. */
  readonly cancelAt?: number;
  /** When all workers die and nobody starts them again. */
  readonly fleetLostAt?: number;
  /** When the cloud dies with its processes and queues, and all that was stored stays; later the jobs are resumed. */
  readonly cloudLostAt?: number;
  /** Whether a job that failed or was cancelled is resumed, once. */
  readonly resumes: boolean;
}

const WORST: FaultRates = {
  throttled: 0.08,
  serverError: 0.05,
  connection: 0.05,
  lostReply: 0.06,
  silence: 0.01,
  duplicate: 0.3,
  visibilityIgnored: 0.2,
  resurrected: 0.1,
  late: 0.1,
  bitFlip: 0.03,
  readFlip: 0.03,
  vanished: 0.02,
  workerCrash: 0.03,
  masterCrash: 0.01,
  paused: 0.005,
  spotPerMinute: 2,
};

/** A world in which everything works. */
export const NO_FAULTS: FaultPlan = {
  rates: Object.fromEntries(Object.keys(WORST).map((kind) => [kind, 0])) as unknown as FaultRates,
  latencyMs: 0,
  slowness: [],
  poison: false,
  badOperand: false,
  strangeMessages: 0,
  resumes: false,
};

/** Draws a run's faults: each kind in about half of the runs, from rare to as bad as it gets. */
export function drawFaults(chance: Chance, workers: number): FaultPlan {
  const calm = chance.happens(0.05);
  const rates = Object.fromEntries(
    Object.entries(WORST).map(([kind, worst]) => [
      kind,
      !calm && chance.happens(0.5) ? chance.magnitude(worst / 50, worst) : 0,
    ]),
  ) as unknown as FaultRates;
  const rare = (probability: number) => !calm && chance.happens(probability);
  const from = chance.between(0, 5_000);
  return {
    rates,
    latencyMs: chance.magnitude(1, 200),
    slowness: Array.from({ length: workers }, () => (rare(0.15) ? chance.magnitude(3, 300) : 1)),
    ...(rare(0.08)
      ? { fullDisk: { from, until: chance.happens(0.5) ? from + chance.magnitude(100, 60_000) : Infinity } }
      : {}),
    poison: rare(0.04),
    badOperand: rare(0.04),
    strangeMessages: rare(0.1) ? chance.whole(1, 3) : 0,
    ...(rare(0.03) ? { cancelAt: chance.magnitude(10, 100_000) } : {}),
    ...(rare(0.03) ? { fleetLostAt: chance.magnitude(10, 60_000) } : {}),
    ...(rare(0.05) ? { cloudLostAt: chance.magnitude(10, 60_000) } : {}),
    resumes: chance.happens(0.5),
  };
}

/** How often each kind of fault was really injected. */
export class FaultCounts {
  readonly counts: Partial<Record<FaultKind, number>> = {};

  add(kind: FaultKind): void {
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }
}

/** An error as a cloud's client throws it. */
export class InjectedError extends Error {
  override readonly name: string;
  readonly code?: string;
  readonly $metadata?: { readonly httpStatusCode: number };
  constructor(name: string, facts: { code?: string; status?: number } = {}) {
    super(`injected: ${facts.code ?? name}`);
    this.name = name;
    if (facts.code !== undefined) this.code = facts.code;
    if (facts.status !== undefined) this.$metadata = { httpStatusCode: facts.status };
  }
}

/** Tags under which a worker reports injected errors. */
export const INJECTED_TAGS = [
  'ThrottlingException',
  'InternalError',
  'ServiceUnavailable',
  'ECONNRESET',
  'TimeoutError',
  'ENOSPC',
];
