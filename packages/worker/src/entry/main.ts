import { randomBytes } from 'node:crypto';
import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import { openArray, openStore, peakResidentBytes } from '@tessera/matrix';
import { BUNDLE_VERSION, jobQueueName } from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';
import { openSqsQueue } from '@tessera/queue';
import { pino } from 'pino';
import { chooseKernels, diagnoseKernels, loadKoffi, type KernelChoice } from '../kernels/index.ts';
import { runWorker } from '../loop/worker-loop.ts';
import { parseWorkerArguments, type WorkerOptions } from './arguments.ts';
import { readInstanceId } from './instance-id.ts';
import { kernelSettings } from './kernel-settings.ts';
import { lastUsedFile } from './last-used.ts';
import { openFileMapper } from './map-file.ts';
import { spotNotice } from './spot-notice.ts';

/** A call that nobody answers ends in an error, which is then tried again; the longest poll takes 20 s. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 60_000 };
/** Started wrongly (sysexits' EX_USAGE): starting it again would not help. */
const EXIT_USAGE = 64;
/** Where EC2 instances ask about themselves. */
const METADATA = 'http://169.254.169.254';
const GRACE_MS = 3_000;

const log = pino({ base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination({ fd: 1, sync: true }));

async function main(options: WorkerOptions): Promise<void> {
  // Products run on libuv's threads, of which there are 4 when nobody says: so many stay for files and names. It looks when
  // it starts the first of them.
  process.env['UV_THREADPOOL_SIZE'] ??= String(Math.max(4, options.threads + 2));
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new Error(`got ${name}`)));
  const { AWS_EC2_METADATA_SERVICE_ENDPOINT: metadata } = process.env;

  const s3 = new S3Client({ requestHandler: TIMEOUTS });
  const context = { s3: () => s3, mapFile: await openFileMapper(() => loadKoffi(import.meta.url)) };
  const sqs = new SQSClient({ requestHandler: TIMEOUTS });
  const world = { client: sqs, clock: systemClock, random: Math.random };
  const [instanceId, jobs, objects] = await Promise.all([
    readInstanceId(metadata ?? METADATA),
    openSqsQueue(world, jobQueueName(options.cluster)),
    openStore(`s3://${options.bucket}`, context),
  ]);
  const id = `${instanceId ?? 'host'}/${process.pid}-${randomBytes(2).toString('hex')}`;
  const choices = new Map<string, Promise<KernelChoice>>();
  const chosen = (requested: WorkerOptions['kernel']) => {
    let choice = choices.get(requested);
    if (!choice) {
      const settings = kernelSettings(process.env, import.meta.url, options.threads, (message) => log.info(message));
      choice = chooseKernels({ requested, ...settings });
      choices.set(requested, choice);
    }
    return choice;
  };
  if (instanceId) {
    void spotNotice(metadata ?? METADATA, systemClock, stop);
  }
  // While it waits for its first message; what can't be opened says so when it is needed.
  chosen(options.kernel)
    .then((choice) => choice.prepare())
    .catch(() => undefined);
  log.info({ worker: id, cluster: options.cluster, bundle: BUNDLE_VERSION, threads: options.threads }, 'worker ready');
  await runWorker({
    id,
    node: process.versions.node,
    jobs,
    openQueue: (name) => openSqsQueue(world, name),
    access: {
      objects,
      context,
      openArray: (array) => openArray(array.url, context),
      openWorkspace: (url) => openStore(url, context),
    },
    kernel: async (preference, op, dtype) =>
      (await chosen(preference === 'auto' ? options.kernel : preference)).pick(op, dtype),
    clock: systemClock,
    random: Math.random,
    stop: stop.signal,
    log,
    graceMs: GRACE_MS,
    visibilitySeconds: options.visibility,
    peakBytes: peakResidentBytes,
    used: lastUsedFile(join(homedir(), 'tessera/last-used'), Date.now),
  });
  await Promise.all([...choices.values()].map(async (choice) => (await choice).close()));
  sqs.destroy();
  log.info({ worker: id }, 'worker stopped');
}

/** `--diagnose`: which kernels this machine has and what they reach, as JSON, for `tessera doctor`. */
async function diagnose(): Promise<void> {
  const quiet = () => undefined;
  const settings = kernelSettings(process.env, import.meta.url, availableParallelism(), quiet);
  process.stdout.write(`${JSON.stringify(await diagnoseKernels(settings))}\n`);
}

function parsed(): WorkerOptions {
  try {
    return parseWorkerArguments(process.argv.slice(2), process.env);
  } catch (error) {
    log.error(`the worker was started wrongly: ${error instanceof Error ? error.message : String(error)}`);
    process.exit(EXIT_USAGE);
  }
}

(process.argv[2] === '--diagnose' ? diagnose() : main(parsed())).catch((error: unknown) => {
  log.error(error instanceof Error ? error.message : String(error));
  process.exit(1);
});
