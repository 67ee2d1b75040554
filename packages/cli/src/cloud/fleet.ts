import { availableParallelism } from 'node:os';
import type { FleetSpec } from '@tessera/provisioner';
import type { FleetOptions, Kernel } from '../arguments/command.ts';
import { awsFleetSize, localFleetSize, type FleetSize } from '../job/fleet-size.ts';
import type { Cloud } from './cloud.ts';
import { readPrograms } from './programs.ts';

/** Forgotten instances cost money: unused for so long, they shut themselves down. */
const AWS_IDLE_MINUTES = 30;
const DEFAULT_AWS_WORKERS = 8;

/** What a fleet is wanted for. */
export interface FleetNeeds {
  /** Whether one worker would do. */
  readonly tiny: boolean;
  readonly memoryBytes: number | undefined;
}

/**
 * The fleet that a job will find. Only looks.
 * @param cloud the cloud that is there; none where one will be started on this machine
 */
export async function foreseeFleet(
  cloud: Cloud | undefined,
  options: FleetOptions,
  { tiny, memoryBytes }: FleetNeeds,
  signal: AbortSignal,
): Promise<FleetSize> {
  const workers = await wantedWorkers(cloud, options, tiny, signal);
  const asked = { workers, memoryBytes };
  if (cloud?.kind === 'aws') {
    const { describeType, learnerLab } = await import('@tessera/provisioner');
    const type = await describeType(cloud.clients, options.instanceType ?? learnerLab.workerType, { signal });
    return awsFleetSize(type, asked);
  }
  const machine = { cores: availableParallelism(), availableBytes: process.availableMemory() };
  return localFleetSize(machine, asked);
}

/** As many workers as were asked for, else those that run, else as many as fit. */
export async function wantedWorkers(
  cloud: Cloud | undefined,
  options: FleetOptions,
  tiny: boolean,
  signal: AbortSignal,
): Promise<number> {
  const running = cloud === undefined || cloud.ephemeral ? 0 : await runningWorkers(cloud, options.cluster, signal);
  if (cloud?.kind === 'aws') return options.workers ?? (running > 0 ? running : DEFAULT_AWS_WORKERS);
  return Math.max(running, options.workers ?? (running > 0 ? running : tiny ? 1 : availableParallelism()));
}

async function runningWorkers(cloud: Cloud, cluster: string, signal: AbortSignal): Promise<number> {
  const { fleetInstances } = await import('@tessera/provisioner');
  const instances = await fleetInstances(cloud.clients, cluster, { signal });
  return instances.filter(({ role, state }) => role === 'Worker' && state === 'running').length;
}

/**
 * The fleet to bring up. A worker's settings depend on nothing but the fleet's size, so that jobs that share a fleet agree
 * on them and none restarts another's workers; kernel and memory budget travel with the job.
 */
export async function fleetSpec(
  kind: Cloud['kind'],
  options: FleetOptions,
  root: string,
  { workers, kernel }: { readonly workers: number; readonly kernel: Kernel | undefined },
): Promise<FleetSpec> {
  const { learnerLab } = await import('@tessera/provisioner');
  const { masterType, instanceProfile } = learnerLab;
  const workerType = options.instanceType ?? learnerLab.workerType;
  const base = {
    cluster: options.cluster,
    artifacts: await readPrograms(root, await mayUseGpu(kind, workerType, kernel)),
    masterType,
    workerType,
    workers,
  } as const;
  if (kind === 'aws') {
    const timeToLiveMinutes = AWS_IDLE_MINUTES;
    return { ...base, instanceProfile, worker: { kernel: 'auto' }, timeToLiveMinutes, onShutdown: 'stop' };
  }
  const threads = Math.max(1, Math.floor(availableParallelism() / workers));
  return { ...base, worker: { kernel: 'auto', threads } };
}

/** Types of EC2 instances that have a GPU: families g and p. */
const GPU_TYPE = /^[gp]\d/;

/** Whether the fleet's workers may come to use a GPU: one is asked for, or there is one. */
async function mayUseGpu(kind: Cloud['kind'], workerType: string, kernel: Kernel | undefined): Promise<boolean> {
  if (kernel === 'gpu' || kernel === 'wgsl') return true;
  if (kind === 'aws') return GPU_TYPE.test(workerType);
  const { mayHaveGpu } = await import('@tessera/worker/gpu-presence');
  return mayHaveGpu();
}
