import { S3Client } from '@aws-sdk/client-s3';
import { DeleteQueueCommand, GetQueueUrlCommand, SQSClient } from '@aws-sdk/client-sqs';
import { createArray, openArray, openStore, peakResidentBytes } from '@tessera/matrix';
import { jobKey, JobSpec, parseMessage, resultQueueName } from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';
import { openSqsQueue } from '@tessera/queue';
import { stubbornly } from '../run/patience.ts';
import { runJob } from '../run/run-job.ts';
import { parseMasterArguments, type MasterOptions } from './arguments.ts';

/** A call that nobody answers ends in an error, which is then tried again; the longest poll takes 20 s. */
const TIMEOUTS = { connectionTimeout: 5_000, requestTimeout: 60_000 };
/** Exit codes: 0 done, 1 the job failed, 3 it was cancelled, 64 started wrongly. None of them is started again. */
const EXIT = { done: 0, failed: 1, cancelled: 3, usage: 64 } as const;

async function main(options: MasterOptions): Promise<number> {
  const stop = new AbortController();
  for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => stop.abort(new Error(`got ${name}`)));

  const s3 = new S3Client({ requestHandler: TIMEOUTS });
  const context = { s3: () => s3 };
  const client = new SQSClient({ requestHandler: TIMEOUTS });
  const objects = await openStore(`s3://${options.bucket}`, context);
  // A master that ends with an error is not started again, so it bears with what passes from its first call on.
  const warn = (message: string) => void process.stderr.write(`${message}\n`);
  const key = jobKey(options.job, 'job');
  const text = await stubbornly(() => objects.get(key), { clock: systemClock, warn }, stop.signal);
  if (!text) throw new Error(`job ${options.job} has no specification in bucket ${options.bucket}`);
  const job = parseMessage(JobSpec, 'job specification', new TextDecoder().decode(text));

  const report = await runJob(job, {
    openQueue: (name) => openSqsQueue({ client, clock: systemClock, random: Math.random }, name),
    objects,
    createArray: ({ url, ...array }) => createArray(url, array, context),
    openArray: ({ url }) => openArray(url, context),
    clock: systemClock,
    signal: stop.signal,
    emit: (event) => process.stdout.write(`${JSON.stringify(event)}\n`),
    warn,
    node: process.versions.node,
    peakBytes: peakResidentBytes,
  });
  await deleteResults(client, job.jobId);
  return EXIT[report.status];
}

/** The job's own queue goes with the job; a worker that still answers finds it gone and drops the rest. */
async function deleteResults(client: SQSClient, jobId: string): Promise<void> {
  try {
    const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: resultQueueName(jobId) }));
    await client.send(new DeleteQueueCommand({ QueueUrl }));
  } catch {
    // Whoever submitted the job deletes it too.
  }
}

function fail(error: unknown, code: number): never {
  process.stderr.write(`master: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(code);
}

function parsed(): MasterOptions {
  try {
    return parseMasterArguments(process.argv.slice(2));
  } catch (error) {
    fail(error, EXIT.usage);
  }
}

void main(parsed())
  .catch((error: unknown) => fail(error, EXIT.failed))
  .then((code) => process.exit(code));
