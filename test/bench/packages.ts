/**
 * One hundred thousand packages through the real master: tiny tiles, and workers that answer at once. On queues in memory
 * (master, queues and workers in one process: what the master itself costs), and on SQS of the embedded cloud, with the
 * master, the workers and the cloud as processes of their own. Memory is the master's process at its peak, and what of it
 * came with the job.
 *
 *     pnpm bench packages [--packages 100000] [--rounds 3] [--json PATH]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { startLocalCloud } from '@tessera/local-cloud';
import { jobQueueName, resultQueueName } from '@tessera/protocol';
import { median } from './kernels/statistics.ts';
import { table } from './kernels/table.ts';
import { tinyJob } from './packages/job.ts';

interface Outcome {
  readonly status: string;
  readonly error?: unknown;
  readonly retries: number;
  readonly duplicates: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly base: number;
  readonly peak: number;
}

const { values } = parseArgs({
  options: {
    packages: { type: 'string', default: '100000' },
    rounds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
const packages = Number(values.packages);
const print = (text: string) => process.stdout.write(`${text}\n`);

function begin(role: string, transport: string, env: NodeJS.ProcessEnv): ChildProcess {
  return fork(join(import.meta.dirname, 'packages/process.ts'), [role, transport, String(packages)], { env });
}

async function masterOf(transport: string, env: NodeJS.ProcessEnv): Promise<Outcome> {
  const child = begin('master', transport, env);
  const outcome = await new Promise<Outcome>((resolve, reject) => {
    child.once('message', (message) => resolve(message as Outcome));
    child.once('exit', (code) => reject(new Error(`the master ended with ${code}`)));
  });
  if (outcome.status !== 'done') throw new Error(JSON.stringify(outcome.error));
  return outcome;
}

async function onSqs(): Promise<Outcome> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  const cloud = await startLocalCloud({ stateDir: join(folder, 'cloud') });
  try {
    const env = {
      ...process.env,
      AWS_ENDPOINT_URL: cloud.endpoint,
      AWS_REGION: cloud.region,
      AWS_ACCESS_KEY_ID: cloud.accessKeyId,
      AWS_SECRET_ACCESS_KEY: cloud.secretAccessKey,
    };
    const credentials = { accessKeyId: cloud.accessKeyId, secretAccessKey: cloud.secretAccessKey };
    const client = new SQSClient({ endpoint: cloud.endpoint, region: cloud.region, credentials });
    for (const name of [jobQueueName('default'), resultQueueName(tinyJob(1).job.jobId)]) {
      await client.send(new CreateQueueCommand({ QueueName: name }));
    }
    client.destroy();
    const workers = begin('workers', 'sqs', env);
    try {
      return await masterOf('sqs', env);
    } finally {
      workers.disconnect();
    }
  } finally {
    await cloud.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

const all: Record<string, Outcome[]> = { 'queues in memory': [], 'SQS, embedded cloud': [] };
for (let round = 0; round < Number(values.rounds); round++) {
  all['queues in memory']!.push(await masterOf('memory', process.env));
  all['SQS, embedded cloud']!.push(await onSqs());
}
const rows = Object.entries(all).map(([name, outcomes]) => ({
  name,
  perSecond: packages / median(outcomes.map(({ seconds }) => seconds)),
  masterCpuSeconds: median(outcomes.map(({ cpuSeconds }) => cpuSeconds)),
  peakMb: median(outcomes.map(({ peak }) => peak)) / 1e6,
  jobMb: median(outcomes.map(({ peak, base }) => peak - base)) / 1e6,
  retries: Math.max(...outcomes.map(({ retries }) => retries)),
  duplicates: Math.max(...outcomes.map(({ duplicates }) => duplicates)),
}));
print(
  `${packages} packages, medians of ${values.rounds} rounds, ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}\n`,
);
print(
  table(
    ['', 'packages/s', 'master CPU s', 'peak MB', 'of the job MB', 'sent again', 'duplicates'],
    rows.map(({ name, perSecond, masterCpuSeconds, peakMb, jobMb, retries, duplicates }) => [
      name,
      perSecond.toFixed(0),
      masterCpuSeconds.toFixed(1),
      peakMb.toFixed(0),
      jobMb.toFixed(0),
      String(retries),
      String(duplicates),
    ]),
  ),
);
const json = JSON.stringify({ benchmark: 'packages', packages, rows, rounds: all }, null, 2);
if (values.json === undefined) print(`\n${json}`);
else writeFileSync(values.json, `${json}\n`);
