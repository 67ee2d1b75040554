import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { createArray, memoryStore, openArray, openStore, type Store, type StoreContext } from '@tessera/matrix';
import { runJob } from '@tessera/master';
import {
  BUNDLE_VERSION,
  jobQueueName,
  PROTOCOL_VERSION,
  resultQueueName,
  type JobSpec,
  type ProgressEvent,
  type Report,
} from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';
import { memoryQueues } from '@tessera/queue';
import { chooseKernels, runWorker } from '@tessera/worker';

/** A master and workers in one process: the real loops over queues in memory and arrays in a temporary directory. */
export interface InProcessFleet extends AsyncDisposable {
  readonly directory: string;
  /** URL of a file in the fleet's directory. */
  url(name: string): string;
  /** Runs a job; what it leaves out of the specification is filled in. */
  run(job: Pick<JobSpec, 'op' | 'operands'> & Partial<JobSpec>): Promise<{ report: Report; events: ProgressEvent[] }>;
  readonly objects: Store;
  readonly queues: ReturnType<typeof memoryQueues>;
}

let jobs = 0;

/** @param options.context for jobs whose arrays are in a bucket */
export async function startInProcessFleet({
  workers = 2,
  context = {},
}: { workers?: number; context?: StoreContext } = {}): Promise<InProcessFleet> {
  const directory = mkdtempSync(join(tmpdir(), 'tessera-fleet-'));
  const queues = memoryQueues(systemClock);
  const objects = memoryStore();
  const stop = new AbortController();
  queues.create(jobQueueName('default'));
  const jobQueue = await queues.open(jobQueueName('default'));
  const kernels = await chooseKernels({
    requested: 'loops',
    threads: 1,
    cores: 1,
    clock: () => performance.now(),
    processorClock: () => performance.now(),
    version: 'test',
    log: () => undefined,
  });
  const loops = Array.from({ length: workers }, (_, index) =>
    runWorker({
      id: `i-${index}/1`,
      jobs: jobQueue,
      openQueue: queues.open,
      access: {
        objects,
        context,
        openArray: ({ url }) => openArray(url, context),
        openWorkspace: (url) => openStore(url, context),
      },
      kernel: async (_, op, dtype) => kernels.pick(op, dtype),
      clock: systemClock,
      random: Math.random,
      stop: stop.signal,
      log: { info: () => undefined, warn: () => undefined },
      graceMs: 100,
      visibilitySeconds: 30,
    }),
  );
  const url = (name: string) => pathToFileURL(join(directory, name)).href;
  return {
    directory,
    objects,
    queues,
    url,
    async run(given) {
      const jobId = given.jobId ?? `test-${++jobs}`;
      const job: JobSpec = {
        v: PROTOCOL_VERSION,
        bundle: BUNDLE_VERSION,
        jobId,
        cluster: 'default',
        dtype: 'float64',
        kernel: 'auto',
        fleet: { workers, memoryBytes: 1 << 30, cores: 1 },
        workspace: url(jobId),
        output: { url: url(`${jobId}/C.zarr`) },
        exports: [],
        verify: { rounds: 2 },
        ...given,
      };
      queues.create(resultQueueName(jobId));
      const events: ProgressEvent[] = [];
      const report = await runJob(job, {
        openQueue: queues.open,
        objects,
        createArray: ({ url: at, ...array }) => createArray(at, array, context),
        openArray: (array) => openArray(array.url, context),
        clock: systemClock,
        signal: new AbortController().signal,
        emit: (event) => events.push(event),
        warn: () => undefined,
      });
      // A job that has a name may go on; its queue is then the same to workers that know it, as an SQS queue would be.
      if (given.jobId === undefined) queues.remove(resultQueueName(jobId));
      return { report, events };
    },
    async [Symbol.asyncDispose]() {
      stop.abort();
      await Promise.all(loops);
      await kernels.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
