import { type ClusterName, deadLetterQueueName, jobQueueName } from '@tessera/protocol';
import { findBucket } from './bucket.ts';
import type { Clients } from './clients.ts';
import { type RunningCommand, runningCommands } from './commands/running.ts';
import { findInstances } from './instances/find.ts';
import type { InstanceInfo } from './instances/instance.ts';
import { pingStatus } from './instances/online.ts';
import { type QueueDepth, queueDepth } from './queues.ts';
import { together } from './together.ts';
import { type World, worldOf } from './world.ts';

/** What there is of a fleet now. */
export interface FleetStatus {
  readonly cluster: ClusterName;
  readonly instances: readonly (InstanceInfo & { readonly online: boolean })[];
  readonly bucket?: string | undefined;
  /** Those that exist: the job queue, then its dead-letter queue. */
  readonly queues: readonly QueueDepth[];
  readonly commands: readonly RunningCommand[];
}

/** A fleet's instances, whatever their state. Looks at nothing else. @throws AwsError */
export async function fleetInstances(
  { ec2 }: Clients,
  cluster: ClusterName,
  options?: Partial<World>,
): Promise<InstanceInfo[]> {
  return findInstances(ec2, worldOf(options), cluster);
}

/** Looks at a fleet and changes nothing. A fleet that does not exist is empty. @throws AwsError */
export async function describeFleet(
  clients: Clients,
  cluster: ClusterName,
  options?: Partial<World>,
): Promise<FleetStatus> {
  const instances = async (world: World) => {
    const found = await findInstances(clients.ec2, world, cluster);
    const running = found.filter(({ state }) => state === 'running').map(({ id }) => id);
    const ping = running.length === 0 ? new Map<string, string>() : await pingStatus(clients.ssm, world, running);
    return found.map((info) => ({ ...info, online: ping.get(info.id) === 'Online' }));
  };
  type Instances = Awaited<ReturnType<typeof instances>>;
  type Depth = QueueDepth | undefined;
  const [found, bucket, jobs, dead, commands] = await together<
    [Instances, string | undefined, Depth, Depth, RunningCommand[]]
  >(worldOf(options), (world) => [
    instances(world),
    findBucket(clients.s3, world, cluster),
    queueDepth(clients, world, jobQueueName(cluster)),
    queueDepth(clients, world, deadLetterQueueName(cluster)),
    runningCommands(clients.ssm, world, cluster),
  ]);
  return { cluster, instances: found, bucket, queues: [jobs, dead].filter((depth) => depth !== undefined), commands };
}
