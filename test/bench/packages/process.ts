/** One side of `pnpm bench packages` as a process of its own: `master` (on memory or SQS queues) or `workers`. */
import { SQSClient } from '@aws-sdk/client-sqs';
import { memoryStore, type MatrixArray } from '@tessera/matrix';
import { runJob } from '@tessera/master';
import { jobQueueName, resultQueueName, type OpenQueue } from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';
import { memoryQueues, openSqsQueue } from '@tessera/queue';
import { answer, tinyJob } from './job.ts';

const [role, transport, packages] = process.argv.slice(2);
const { job, plan } = tinyJob(Number(packages));
const stop = new AbortController();
process.once('disconnect', () => process.exit(0));

const sqs = (): OpenQueue => {
  const client = new SQSClient({});
  return (name) => openSqsQueue({ client, clock: systemClock, random: Math.random }, name);
};
const inMemory = (): OpenQueue => {
  const queues = memoryQueues(systemClock);
  queues.create(jobQueueName('default'));
  queues.create(resultQueueName(job.jobId));
  return queues.open;
};
const openQueue = transport === 'memory' ? inMemory() : sqs();

if (role === 'workers' || transport === 'memory') {
  void answer(await openQueue(jobQueueName('default')), openQueue, 20, stop.signal);
}
if (role === 'master') {
  const base = process.memoryUsage().rss;
  let events = 0;
  const startedAt = performance.now();
  const usage = process.cpuUsage();
  const array = { close: async () => undefined } as unknown as MatrixArray;
  const report = await runJob(job, {
    openQueue,
    objects: memoryStore(),
    createArray: async () => array,
    openArray: async () => array,
    clock: systemClock,
    signal: stop.signal,
    emit: () => events++,
    warn: (message) => process.stderr.write(`${message}\n`),
    plan: () => plan,
  });
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(usage);
  stop.abort();
  const peak = process.resourceUsage().maxRSS * 1024;
  const { status, error, retries, duplicates } = report;
  process.send!({ status, error, retries, duplicates, events, seconds, cpuSeconds: (user + system) / 1e6, base, peak });
  process.disconnect();
}
