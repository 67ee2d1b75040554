import { createHash } from 'node:crypto';
import type { Bundle } from '../bundles/bundle.ts';
import { presignBundle } from '../bundles/presign.ts';
import type { Clients } from '../clients.ts';
import type { WorkerSettings } from '../fleet-spec.ts';
import { workerScript } from '../shell/program-script.ts';
import { takeOver } from '../shell/take-over.ts';
import type { World } from '../world.ts';
import { runningCommands, workerComment } from './running.ts';
import { sendCommand } from './send.ts';

/** What workers shall run. */
export interface WorkerStart {
  readonly cluster: string;
  readonly bucket: string;
  readonly bundle: Bundle;
  readonly settings: WorkerSettings;
  readonly timeToLiveMinutes?: number | undefined;
  readonly instanceIds: readonly string[];
}

/** Instances by what happened on them. */
export interface StartedWorkers {
  /** Commands that run the workers now, those that ran before included. */
  readonly commandIds: readonly string[];
  /** Ran just this before and were left alone. */
  readonly found: readonly string[];
  /** Ran another worker, which finishes its package and makes room. */
  readonly refreshed: readonly string[];
  readonly started: readonly string[];
}

/**
 * Makes every instance run this worker with these settings; one that does so already is left alone.
 * @param fresh instances that can't run anything yet: without others SSM is not asked
 */
export async function startWorkers(
  clients: Clients,
  world: World,
  start: WorkerStart,
  fresh: readonly string[] = [],
): Promise<StartedWorkers> {
  const stamp = workerStamp(start);
  const ids = start.instanceIds;
  const asked = ids.some((id) => !fresh.includes(id));
  const [running, install, region] = await Promise.all([
    asked ? runningCommands(clients.ssm, world, start.cluster) : [],
    presignBundle(clients.s3, world, start.bucket, start.bundle),
    clients.ec2.config.region(),
  ]);
  const workers = running.filter(({ program, instanceId }) => program === 'worker' && ids.includes(instanceId));
  const kept = workers.filter(({ subject }) => subject === stamp);
  const found = ids.filter((id) => kept.some(({ instanceId }) => instanceId === id));
  const wanted = ids.filter((id) => !found.includes(id));
  const refreshed = wanted.filter((id) => workers.some(({ instanceId }) => instanceId === id));
  const { cluster, bucket, settings, timeToLiveMinutes } = start;
  const lines = workerScript({ install, region, cluster, bucket, timeToLiveMinutes, ...settings });
  const sent = await sendCommand(clients.ssm, world, {
    instanceIds: wanted,
    lines,
    comment: workerComment(cluster, stamp),
  });
  return {
    commandIds: [...new Set([...kept.map(({ commandId }) => commandId), ...sent])],
    found,
    refreshed,
    started: wanted.filter((id) => !refreshed.includes(id)),
  };
}

/** 12 hex digits that differ where what is run differs. */
export function workerStamp({ bucket, bundle, settings, timeToLiveMinutes }: WorkerStart): string {
  const { kernel, memoryBytes, threads } = settings;
  const facts = JSON.stringify([bundle.hash, bucket, kernel, memoryBytes ?? 0, threads ?? 0, timeToLiveMinutes ?? 0]);
  return createHash('sha256').update(facts).digest('hex').slice(0, 12);
}

/** Tells the workers of instances to finish or release their package and end. @returns the commands that do so */
export async function stopWorkers(
  clients: Clients,
  world: World,
  cluster: string,
  instanceIds: readonly string[],
): Promise<string[]> {
  const lines = [
    'HOME="${HOME:-/root}"; say() { echo "tessera: $*" >&2; }',
    'pid_file="$HOME/tessera/worker.pid"',
    ...takeOver('worker.mjs', 60),
  ];
  return sendCommand(clients.ssm, world, { instanceIds, lines, comment: `tessera stop ${cluster}` });
}
