import { systemClock } from '@tessera/protocol/system-clock';
import { PutObjectCommand } from '@aws-sdk/client-s3';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LocalCloud, startLocalCloud } from '@tessera/local-cloud';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  artifactFromBytes,
  cancelCommand,
  type Clients,
  commandStatus,
  createResultQueue,
  deleteResultQueue,
  describeFleet,
  describeType,
  followLogStream,
  openClients,
  provisionFleet,
  startMaster,
  outputStream,
  stopFleet,
  terminateFleet,
} from '../src/index.ts';
import { artifactKey } from '../src/bundles/bundle.ts';
import { fleetSpec } from './support/spec.ts';

const directory = mkdtempSync(join(tmpdir(), 'tessera provisioner '));
let cloud: LocalCloud;
let clients: Clients & { destroy(): void };

beforeAll(async () => {
  cloud = await startLocalCloud({ stateDir: join(directory, 'cloud'), nodePath: process.execPath });
  const { accessKeyId, secretAccessKey, endpoint, region } = cloud;
  clients = await openClients({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
});
afterAll(async () => {
  clients.destroy();
  await cloud.close();
  rmSync(directory, { recursive: true, force: true });
});

const worker = `
  process.once('SIGTERM', () => { console.log('worker released'); process.exit(0); });
  console.log('worker ready', process.argv.slice(2).join(' '));
  setInterval(() => {}, 1000);`;
const master = `
  for (let i = 0; i < 5; i++) { console.log(JSON.stringify({ i })); await new Promise((r) => setTimeout(r, 20)); }
  console.log(process.argv.slice(2).join(' '));`;
const spec = fleetSpec({
  artifacts: {
    worker: [artifactFromBytes(Buffer.from(worker), 'worker.mjs'), artifactFromBytes(Buffer.from('x'), 'native.node')],
    master: [artifactFromBytes(Buffer.from(master), 'master.mjs')],
  },
});
const random = Math.random;
const jobId = '20260102-030405-abcde';

/** Resolves once a command has printed the text: before that, a signal may meet a process that does not listen yet. */
async function printed(stream: string, text: string): Promise<void> {
  const options = { group: '/aws/ssm/AWS-RunShellScript', stream, clock: systemClock };
  for await (const { message } of followLogStream(clients.logs, options)) if (message.includes(text)) return;
}

async function logs(stream: string, until: AbortSignal): Promise<string[]> {
  const lines: string[] = [];
  const options = { group: '/aws/ssm/AWS-RunShellScript', stream, clock: systemClock, until };
  for await (const { message } of followLogStream(clients.logs, options)) lines.push(message);
  return lines;
}

describe('against the local cloud', () => {
  it('a fleet comes up, is found whole the second time, runs a master, stops, comes back, and leaves nothing', async () => {
    const began = performance.now();
    const fleet = await provisionFleet(clients, spec, { clock: systemClock, random });
    process.stderr.write(
      `fleet of 3 up in ${(performance.now() - began).toFixed(0)} ms: ${fleet.steps.map((step) => `${step.resource} ${step.outcome} ${(step.seconds * 1000).toFixed(0)}`).join(', ')}\n`,
    );
    expect(fleet.workers).toHaveLength(2);

    const again = await provisionFleet(clients, spec, { clock: systemClock, random });
    expect(again.steps.map(({ outcome }) => outcome).filter((outcome) => outcome !== 'online')).toEqual(
      Array.from({ length: 6 }, () => 'found'),
    );
    expect(again.workerCommandIds).toEqual(fleet.workerCommandIds);

    const started = await startMaster(clients, again, { jobId, clock: systemClock, random });
    const until = new AbortController();
    const lines = logs(started.logStream, until.signal);
    let status = await commandStatus(clients, started);
    while (!status.ended) {
      await systemClock.sleep(20);
      status = await commandStatus(clients, started);
    }
    expect(status).toMatchObject({ status: 'Success', exitCode: 0 });
    until.abort();
    const text = (await lines).join('\n');
    expect(text).toContain('{"i":4}');
    expect(text).toContain(`--job ${jobId} --bucket ${fleet.bucket} --cluster default`);

    const seen = await describeFleet(clients, 'default');
    expect(seen.bucket).toBe(fleet.bucket);
    expect(seen.instances.map(({ state, online }) => `${state} ${online}`)).toEqual(
      Array.from({ length: 3 }, () => 'running true'),
    );
    expect(seen.commands.map(({ program }) => program)).toEqual(['worker', 'worker']);
    expect(seen.queues).toEqual([
      { name: 'JobToWorker', waiting: 0, inFlight: 0 },
      { name: 'JobToWorker-dead', waiting: 0, inFlight: 0 },
    ]);

    expect((await stopFleet(clients, 'default')).instanceIds).toHaveLength(3);
    const back = await provisionFleet(clients, spec, { clock: systemClock, random });
    const outcomes = Object.fromEntries(back.steps.map(({ resource, outcome }) => [resource, outcome]));
    expect(outcomes).toMatchObject({ master: 'started', workers: 'started', start: 'started', bucket: 'found' });

    await terminateFleet(clients, 'default', { deleteBucket: true });
    const left = await describeFleet(clients, 'default');
    expect(left).toMatchObject({ instances: [], queues: [], commands: [] });
    expect(left.bucket).toBeUndefined();
  });

  it('a worker of another version takes over, and a cancelled command ends', async () => {
    const first = await provisionFleet(
      clients,
      { ...spec, cluster: 'refresh', workers: 1 },
      { clock: systemClock, random },
    );
    await printed(outputStream(first.workerCommandIds[0]!, first.workers[0]!.id), 'worker ready');
    const second = await provisionFleet(
      clients,
      { ...spec, cluster: 'refresh', workers: 1, worker: { kernel: 'loops' } },
      { clock: systemClock, random },
    );
    expect(second.steps.at(-1)).toMatchObject({ resource: 'start', outcome: 'refreshed' });
    const instanceId = second.workers[0]!.id;
    const ended = async (commandId: string) => {
      for (;;) {
        const status = await commandStatus(clients, { commandId, instanceId });
        if (status.ended) return status;
        await systemClock.sleep(20);
      }
    };
    expect(await ended(first.workerCommandIds[0]!)).toMatchObject({ status: 'Success' });
    await cancelCommand(clients, second.workerCommandIds[0]!, [instanceId]);
    expect((await ended(second.workerCommandIds[0]!)).status).toBe('Cancelled');
    await terminateFleet(clients, 'refresh', { deleteBucket: true });
  });

  it('a program that was changed in the bucket never runs: each instance refuses it by its hash', async () => {
    const cluster = 'tampered';
    const small = { ...spec, cluster, workers: 1 };
    const { bucket } = await provisionFleet(clients, small, { clock: systemClock, random });
    // Whoever may write to the bucket puts a program of his own where the next version of the worker's would be.
    const next = artifactFromBytes(Buffer.from(`${worker} // next version`), 'worker.mjs');
    const theirs = Buffer.from(
      `import { writeFileSync } from 'node:fs'; writeFileSync('pwned', ''); console.log('pwned');`,
    );
    await clients.s3.send(new PutObjectCommand({ Bucket: bucket, Key: artifactKey(next), Body: theirs }));
    const fleet = await provisionFleet(
      clients,
      { ...small, artifacts: { ...spec.artifacts, worker: [next] } },
      { clock: systemClock, random },
    );
    const [commandId, instanceId] = [fleet.workerCommandIds[0]!, fleet.workers[0]!.id];
    let status = await commandStatus(clients, { commandId, instanceId });
    while (!status.ended) {
      await systemClock.sleep(20);
      status = await commandStatus(clients, { commandId, instanceId });
    }
    expect(status).toMatchObject({ status: 'Failed', exitCode: 1 });
    expect(`${status.stdout}${status.stderr}`).toMatch(/tessera: refused: .*sha256[\s\S]*worker\.mjs: FAILED/);
    expect(
      readdirSync(join(directory, 'cloud'), { recursive: true }).filter((name) => /pwned/.test(String(name))),
    ).toEqual([]);
    await terminateFleet(clients, cluster, { deleteBucket: true });
  });

  it('queues of jobs and instance types are what they should be', async () => {
    expect(await createResultQueue(clients, jobId)).toContain(`ResultToMaster-${jobId}`);
    expect(await createResultQueue(clients, jobId)).toContain(`ResultToMaster-${jobId}`);
    await deleteResultQueue(clients, jobId);
    await deleteResultQueue(clients, jobId);
    expect(await describeType(clients, 't2.micro')).toMatchObject({ memoryBytes: 2 ** 30, cores: 1 });
  });
});
