import { availableParallelism } from 'node:os';
import { describeFleet, describeType, learnerLab, type FleetSpec } from '@tessera/provisioner';
import type { FleetOptions } from '../arguments/command.ts';
import { awsFleetSize, isTiny, localFleetSize, type FleetSize } from '../job/fleet-size.ts';
import type { JobRequest } from '../job/request.ts';
import type { Cloud } from './cloud.ts';
import { readPrograms } from './programs.ts';

/** Forgotten instances cost money: unused for so long, they shut themselves down. */
const AWS_IDLE_MINUTES = 30;

/** Workers of a fleet that run now. */
export async function runningWorkers(cloud: Cloud, cluster: string, signal: AbortSignal): Promise<number> {
  const { instances } = await describeFleet(cloud.clients, cluster, { signal });
  return instances.filter(({ role, state }) => role === 'Worker' && state === 'running').length;
}

/** What decides about a fleet besides its options. */
export interface FleetNeeds {
  /** The job that it is for; none for `up`. */
  readonly request: JobRequest | undefined;
  /** Workers that run already: they are used as they are unless more are asked for. */
  readonly running: number;
}

/**
 * The fleet to bring up. A worker's settings depend on nothing but the fleet's size, so that jobs that share a fleet agree
 * on them and none restarts another's workers; kernel and memory budget travel with the job.
 */
export async function fleetSpec(
  cloud: Cloud,
  options: FleetOptions,
  root: string,
  { request, running }: FleetNeeds,
): Promise<FleetSpec> {
  const artifacts = await readPrograms(root, await mayUseGpu(cloud, options, request));
  const base = { cluster: options.cluster, artifacts } as const;
  const { masterType, workerType, instanceProfile } = learnerLab;
  if (cloud.kind === 'aws') {
    const workers = options.workers ?? (running > 0 ? running : awsFleetSize(UNKNOWN_TYPE, NOTHING_ASKED).workers);
    return {
      ...base,
      masterType,
      workerType: options.instanceType ?? workerType,
      instanceProfile,
      workers,
      worker: { kernel: 'auto' },
      timeToLiveMinutes: AWS_IDLE_MINUTES,
      onShutdown: 'stop',
    };
  }
  const cores = availableParallelism();
  const tiny = request !== undefined && isTiny(request.op, request.shapes);
  const workers = Math.max(running, options.workers ?? (running > 0 ? running : tiny ? 1 : cores));
  const threads = Math.max(1, Math.floor(cores / workers));
  return {
    ...base,
    masterType,
    workerType: options.instanceType ?? workerType,
    workers,
    worker: { kernel: 'auto', threads },
  };
}

/** Types of EC2 instances that have a GPU: families g and p. */
const GPU_TYPE = /^[gp]\d/;

/** Whether the fleet's workers may come to use a GPU: one is asked for, or there is one. */
async function mayUseGpu(cloud: Cloud, options: FleetOptions, request: JobRequest | undefined): Promise<boolean> {
  const kernel = request?.options.kernel;
  if (kernel === 'gpu' || kernel === 'wgsl') return true;
  if (cloud.kind === 'aws') return GPU_TYPE.test(options.instanceType ?? learnerLab.workerType);
  const { mayHaveGpu } = await import('@tessera/worker/gpu-presence');
  return mayHaveGpu();
}

const NOTHING_ASKED = { workers: undefined, memoryBytes: undefined };
const UNKNOWN_TYPE = { memoryBytes: 0, cores: 1 };

/** What the plan may count on, once it is known how many workers there are. */
export async function planSize(
  cloud: Cloud,
  options: FleetOptions,
  memoryBytes: number | undefined,
  workers: number,
  signal: AbortSignal,
): Promise<FleetSize> {
  const asked = { workers, memoryBytes };
  const machine = { cores: availableParallelism(), availableBytes: process.availableMemory() };
  if (cloud.kind === 'local') return localFleetSize(machine, asked, false);
  return awsFleetSize(
    await describeType(cloud.clients, options.instanceType ?? learnerLab.workerType, { signal }),
    asked,
  );
}
