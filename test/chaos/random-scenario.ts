import { chanceOf, type Chance } from './chance.ts';
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
import { jobs } from './run/jobs.ts';
import { sendsComparison, type Moment, type Scenario } from './scenario.ts';

interface Kind {
  readonly name: string;
  readonly make: (chance: Chance) => Trouble;
  /** How often it is chosen, against 1. */
  readonly weight?: number;
  /** Where it means anything at one moment only. */
  readonly at?: Moment;
  /** Takes a worker for good: a fleet keeps one. */
  readonly takesWorker?: true;
}

/** While nothing can be wrong and unnoticed yet: after C was stored, before anybody checks it. */
const beforeChecks: Moment = { before: sendsComparison };

const kinds: readonly Kind[] = [
  { name: 'kill -9 a worker', make: () => kill('worker'), weight: 3 },
  { name: 'kill -9 all workers', make: () => kill('worker', 'all') },
  { name: 'kill -9 the master', make: () => kill('master'), weight: 3 },
  { name: 'kill -9 the cloud', make: () => kill('cloud'), weight: 0.5 },
  { name: 'lose an instance', make: () => loseInstance, takesWorker: true },
  { name: 'SIGTERM a worker', make: () => kill('worker', 'one', 'SIGTERM'), takesWorker: true },
  { name: 'SIGTERM the master', make: () => kill('master', 'one', 'SIGTERM'), weight: 0.5 },
  { name: 'SIGSTOP a worker past its visibility', make: () => freezeWorker, weight: 2 },
  { name: 'SIGSTOP the master', make: (chance) => freeze('master', chance.between(500, 4000)) },
  { name: 'SIGSTOP the cloud', make: (chance) => freeze('cloud', chance.between(300, 3000)) },
  { name: 'a worker started twice', make: () => startTwice },
  { name: 'messages sent twice', make: () => sendTwice },
  {
    name: 'errors',
    make: (chance) => disturb({ kind: 'error' }, 0.2 + 0.6 * chance.next(), chance.between(500, 4000)),
    weight: 2,
  },
  {
    name: 'broken connections',
    make: (chance) => disturb({ kind: 'reset' }, 0.2 + 0.6 * chance.next(), chance.between(500, 4000)),
  },
  {
    name: 'lost answers',
    make: (chance) => disturb({ kind: 'lost' }, 0.1 + 0.3 * chance.next(), chance.between(500, 3000)),
  },
  {
    name: 'silence',
    make: (chance) => disturb({ kind: 'silence', forMs: chance.between(500, 2500) }, 1, chance.between(500, 2500)),
  },
  { name: 'a full disk', make: (chance) => fillDisk(chance.between(300, 2500)) },
  { name: 'a flipped bit', make: () => flipBit(['A', 'B', 'C']), weight: 2 },
  { name: 'swapped tiles', make: () => swapChunks('C'), at: beforeChecks, weight: 0.5 },
  { name: 'a wrong number', make: () => wrongNumber('C'), at: beforeChecks, weight: 0.5 },
  { name: 'SIGINT the command', make: () => endCommand('SIGINT'), weight: 0.3 },
  { name: 'kill -9 the command', make: () => endCommand('SIGKILL'), weight: 0.3 },
];

/** A scenario with names for what goes wrong in it. */
export interface RandomScenario extends Scenario {
  /** Of the troubles, in their order, and of the poison. */
  readonly names: readonly string[];
}

/** A job and up to three troubles at random moments; the same for the same seed, but for what processes make of time. */
export function randomScenario(seed: number): RandomScenario {
  const chance = chanceOf(seed);
  const job = chance.pick(jobs);
  const workers = chance.between(2, 3);
  const latencyMs = chance.pick([0, 10, 40]);
  const poison = chance.next() < 0.03 ? chance.pick(['A.zarr/c/0/0', 'B.zarr/c/0/0']) : undefined;
  const chosen: Kind[] = [];
  const count = chance.between(1, 3);
  while (chosen.length < count) {
    const kind = weighted(chance);
    const taken = kind.takesWorker === true && chosen.some(({ takesWorker }) => takesWorker);
    if (!taken && !chosen.includes(kind)) chosen.push(kind);
  }
  const troubles = chosen.map((kind) => ({
    at: kind.at ?? { masterMs: chance.between(0, 2500) },
    trouble: kind.make(chance),
  }));
  const names = [...chosen.map(({ name }) => name), ...(poison === undefined ? [] : ['a poison tile'])];
  return { job, workers, latencyMs, poison, seed, troubles, names };
}

function weighted(chance: Chance): Kind {
  const total = kinds.reduce((sum, { weight = 1 }) => sum + weight, 0);
  let left = chance.next() * total;
  return kinds.find(({ weight = 1 }) => (left -= weight) < 0) ?? kinds[0]!;
}
