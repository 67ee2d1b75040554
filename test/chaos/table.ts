import {
  disturb,
  endCommand,
  fillDisk,
  flipBit,
  freeze,
  freezeWorker,
  kill,
  loseInstance,
  sendTwice,
  startTwice,
  type Trouble,
} from './faults/troubles.ts';
import { swapChunks, wrongNumber } from './faults/wrong-tiles.ts';
import { jobNamed } from './run/jobs.ts';
import type { Outcome } from './run/verdict.ts';
import { play, sends, sendsComparison, type Moment, type Played, type Scenario } from './scenario.ts';

const computing: Moment = { after: sends('multiply'), ms: 120 };
const verifying: Moment = { after: sendsComparison, ms: 20 };
const betweenComputeAndVerify: Moment = { before: sendsComparison };

/** One scenario of the table. */
export interface Row {
  readonly what: string;
  readonly at: Moment;
  readonly trouble: Trouble;
  readonly ends: Outcome;
  readonly says?: RegExp;
  readonly more?: Partial<Scenario>;
  /** Left to `pnpm bench chaos --table`, where another row shows nearly the same in less time. */
  readonly seldom?: true;
}

/** Each ends as it says, with every bit right where it ends verified; seeds choose whom it hits. */
export const rows: readonly Row[] = [
  { what: 'a worker that is killed while it computes', at: computing, trouble: kill('worker'), ends: 'verified' },
  { what: 'all workers killed at once', at: computing, trouble: kill('worker', 'all'), ends: 'verified', seldom: true },
  {
    what: 'a worker that is told to end',
    at: computing,
    trouble: kill('worker', 'one', 'SIGTERM'),
    ends: 'verified',
    seldom: true,
  },
  {
    what: 'a worker that stands still until others have its package',
    at: computing,
    trouble: freezeWorker,
    ends: 'verified',
  },
  { what: 'an instance that is lost', at: computing, trouble: loseInstance, ends: 'verified', seldom: true },
  { what: 'a worker that was started twice', at: { masterMs: 0 }, trouble: startTwice, ends: 'verified', seldom: true },
  {
    what: 'a master that is killed while workers compute',
    at: computing,
    trouble: kill('master'),
    ends: 'verified',
    seldom: true,
  },
  { what: 'a master that is killed while workers verify', at: verifying, trouble: kill('master'), ends: 'verified' },
  {
    what: 'a master that stands still',
    at: computing,
    trouble: freeze('master', 2500),
    ends: 'verified',
    seldom: true,
  },
  {
    what: 'a master that is told to end',
    at: computing,
    trouble: kill('master', 'one', 'SIGTERM'),
    ends: 'failed with a reason',
    seldom: true,
    says: /cancelled/,
  },
  { what: 'a cloud that stands still', at: computing, trouble: freeze('cloud', 2500), ends: 'verified', seldom: true },
  {
    what: 'a cloud that dies',
    at: computing,
    trouble: kill('cloud'),
    ends: 'failed with a reason',
    says: /did not answer|ECONNREFUSED|ECONNRESET|socket hang up/,
  },
  {
    what: 'queue and store that answer errors',
    at: computing,
    trouble: disturb({ kind: 'error' }, 0.5, 2500),
    ends: 'verified',
  },
  {
    what: 'queue and store that say nothing',
    at: computing,
    trouble: disturb({ kind: 'silence', forMs: 1500 }, 1, 1500),
    ends: 'verified',
  },
  { what: 'messages that arrive twice', at: { masterMs: 0 }, trouble: sendTwice, ends: 'verified' },
  {
    what: 'a package that kills whoever takes it',
    at: computing,
    trouble: async () => undefined,
    ends: 'failed with a reason',
    // The one that reads the poison; where its neighbour in the dead workers is named first, as one that may be to blame.
    says: /\bcompute-\d\b.*delivered \d+ times without an answer/,
    more: { poison: 'B.zarr/c/0/1' },
  },
  { what: 'a disk that is full for a while', at: computing, trouble: fillDisk(1200), ends: 'verified' },
  {
    what: 'a bit that flips in a tile before it is checked',
    at: betweenComputeAndVerify,
    trouble: flipBit(['C']),
    ends: 'verified',
  },
  {
    what: 'a bit that flips in an operand before it is used',
    at: { before: sends('multiply') },
    trouble: flipBit(['A', 'B']),
    ends: 'verified',
    seldom: true,
  },
  {
    what: 'whole tiles in each other’s place',
    at: betweenComputeAndVerify,
    trouble: swapChunks('C'),
    ends: 'failed with a reason',
    says: /verification found wrong numbers in C/,
  },
  {
    what: 'one wrong number with a right checksum',
    at: betweenComputeAndVerify,
    trouble: wrongNumber('C'),
    ends: 'failed with a reason',
    says: /verification found wrong numbers in C/,
  },
  { what: 'Ctrl-C', at: computing, trouble: endCommand('SIGINT'), ends: 'interrupted', seldom: true },
];

/** Plays one of them: a small product on two workers. */
export function playRow({ at, trouble, more }: Row, seed: number): Promise<Played> {
  const job = jobNamed('small product');
  return play({ job, workers: 2, latencyMs: 15, seed, troubles: [{ at, trouble }], ...more });
}
