import { memoryStore, type MatrixArray } from '@tessera/matrix';
import { planJob, runJob } from '@tessera/master';
import {
  BUNDLE_VERSION,
  jobQueueName,
  PROTOCOL_VERSION,
  resultQueueName,
  type JobSpec,
  type Report,
} from '@tessera/protocol';
import { Chance } from '../world/chance.ts';
import { FaultCounts, NO_FAULTS } from '../world/faults.ts';
import { SimProcess, type World } from '../world/process.ts';
import { SimQueues } from '../world/queues.ts';
import { VirtualTime } from '../world/virtual-time.ts';
import { Lane, until } from './lane.ts';
import { ModelStore, ModelWorker } from './model-worker.ts';
import type { ScaleParameters } from './parameters.ts';

/** What a fleet of some size would make of a product of two n x n matrices. */
export interface ScaleAnswer {
  readonly workers: number;
  readonly report: Report;
  readonly plan: string;
  readonly packages: number;
  readonly seconds: Readonly<Record<string, number>>;
  /** Of the workers' multiply rate, over the whole job, and over the compute phase alone. */
  readonly efficiency: { readonly job: number; readonly compute: number };
  readonly store: { readonly gets: number; readonly puts: number; readonly busiestShare: number };
  /** Messages per second through the master at its busiest second, both ways, and its busy share of the job. */
  readonly master: { readonly peakPerSecond: number; readonly busyShare: number };
  readonly slowestPackageSeconds: number;
}

const START = Date.UTC(2026, 0, 1);

/** The real planner and the real master, on queues as SQS has them, with workers that take the time that real ones would. */
export async function scale(n: number, workers: number, parameters: ScaleParameters): Promise<ScaleAnswer> {
  const time = new VirtualTime(START);
  const world: World = {
    time,
    chance: new Chance(1),
    faults: { ...NO_FAULTS, latencyMs: parameters.queueLatencyMs },
    counts: new FaultCounts(),
    calm: true,
    afterlife: () => undefined,
  };
  const job = jobOf(n, workers, parameters);
  const plan = planJob(job);
  const messages = new Map<number, number>();
  const count = () => {
    const second = Math.floor(time.now / 1000);
    messages.set(second, (messages.get(second) ?? 0) + 1);
  };
  const queues = new SimQueues(world, {
    sent: (_, __, by) => (by === 'master' ? count() : undefined),
    received: (_, __, by) => (by === 'master' ? count() : undefined),
  });
  queues.create(jobQueueName('default'));
  queues.create(resultQueueName(job.jobId));
  const store = new ModelStore(time, parameters);
  const stop = new AbortController();
  const fleet = Array.from({ length: workers }, (_, index) => {
    const process = new SimProcess(world, `i-${index}/1`, 0, () => undefined);
    const worker = new ModelWorker(process.id, { time, clock: process.clock, store, arrays: plan.arrays, parameters });
    void worker.run(queues.openFor(process), jobQueueName('default'), stop.signal);
    return worker;
  });

  const master = new SimProcess(world, 'master', 0, () => undefined);
  const cpu = new Lane(time);
  const openQueue = queues.openFor(master);
  const phases: Record<string, number> = {};
  let report: Report | undefined;
  const running = runJob(job, {
    openQueue: async (name) => {
      const queue = await openQueue(name);
      const working = (packages: number) =>
        until(master.clock, cpu.reserve((packages * parameters.masterMsPerPackage) / 2));
      return {
        ...queue,
        send: async (bodies, signal) => {
          await working(bodies.length);
          return queue.send(bodies, signal);
        },
        receive: async (options) => {
          const received = await queue.receive(options);
          await working(received.length);
          return received;
        },
      };
    },
    objects: memoryStore(),
    createArray: async () => noArray,
    openArray: async () => noArray,
    clock: master.clock,
    signal: new AbortController().signal,
    emit: (event) => {
      if (event.event === 'phase:ended') phases[event.phase] = event.seconds;
    },
    warn: () => undefined,
    plan: () => plan,
  }).then((ended) => (report = ended));
  running.catch(() => undefined);
  await time.run(() => report !== undefined, Infinity);
  await running;
  stop.abort(new Error('over'));

  const seconds = (time.now - START) / 1000;
  const work = 2 * n ** 3;
  const rate = workers * parameters.flopsPerSecond;
  return {
    workers,
    report: report!,
    plan: plan.summary,
    packages: report!.packages,
    seconds: { ...phases, total: seconds },
    efficiency: { job: work / rate / seconds, compute: work / rate / (phases['compute'] ?? seconds) },
    store: { gets: store.gets, puts: store.puts, busiestShare: store.busiestMs / (1000 * seconds) },
    master: { peakPerSecond: Math.max(...messages.values()), busyShare: cpu.busyMs / (1000 * seconds) },
    slowestPackageSeconds: Math.max(...fleet.map(({ longestMs }) => longestMs)) / 1000,
  };
}

function jobOf(n: number, workers: number, { memoryBytes, cores }: ScaleParameters): JobSpec {
  const operand = (name: string, number: number) => ({
    kind: 'random' as const,
    shape: [n, n] as const,
    recipe: { seed: '1', operand: number, distribution: { kind: 'uniform' as const } },
    url: `s3://fleet/w/${name}.zarr`,
  });
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: 'scale-1',
    cluster: 'default',
    op: 'multiply',
    operands: { A: operand('A', 0), B: operand('B', 1) },
    dtype: 'float64',
    kernel: 'blas',
    fleet: { workers, memoryBytes, cores },
    workspace: 's3://fleet/w',
    output: { url: 's3://fleet/w/C.zarr' },
    exports: [],
    verify: { rounds: 2 },
  };
}

/** The master touches no numbers of a job this large. */
const noArray = { close: async () => undefined } as unknown as MatrixArray;
