import type { ClusterName } from '@tessera/protocol';
import { deleteBucket, findBucket } from './bucket.ts';
import type { Clients } from './clients.ts';
import { findInstances } from './instances/find.ts';
import type { InstanceInfo } from './instances/instance.ts';
import { deleteQueues } from './queues.ts';
import { callAws, type SendOptions } from './retry.ts';
import { together } from './together.ts';
import { tally, waitFor } from './wait.ts';
import { type World, worldOf } from './world.ts';

/** What ending a fleet did. */
export interface TornDown {
  /** Instances that this call stopped or terminated. */
  readonly instanceIds: readonly string[];
  /** The bucket that was deleted. */
  readonly deletedBucket?: string | undefined;
}

const ENDED_MS = 600_000;

/**
 * Stops every instance of a fleet and returns when none is in any other state than stopped: what another program starts
 * meanwhile is stopped too. Queues and bucket stay.
 * @throws DeadlineError naming what still runs, AwsError
 */
export async function stopFleet(clients: Clients, cluster: ClusterName, world?: Partial<World>): Promise<TornDown> {
  const instanceIds = await settle(clients, worldOf(world), cluster, {
    what: 'every instance of the fleet to be stopped',
    rests: (state) => state === 'stopped' || state === 'shutting-down',
    // One that has hardly begun can't be stopped yet: IncorrectInstanceState.
    acts: (state) => state === 'running',
    async act(InstanceIds, send) {
      const { StopInstancesCommand } = await import('./aws/ec2.ts');
      return clients.ec2.send(new StopInstancesCommand({ InstanceIds }), send);
    },
  });
  return { instanceIds };
}

/**
 * Terminates every instance of a fleet and deletes its queues; returns when none is left. The bucket stays unless
 * `deleteBucket` says so: results may be in it.
 * @throws DeadlineError naming what is left, AwsError
 */
export async function terminateFleet(
  clients: Clients,
  cluster: ClusterName,
  options: { deleteBucket?: boolean } & Partial<World> = {},
): Promise<TornDown> {
  const world = worldOf(options);
  const [instanceIds] = await together<[string[], void]>(world, (world) => [
    settle(clients, world, cluster, {
      what: 'every instance of the fleet to be terminated',
      rests: () => false,
      acts: (state) => state !== 'shutting-down',
      async act(InstanceIds, send) {
        const { TerminateInstancesCommand } = await import('./aws/ec2.ts');
        return clients.ec2.send(new TerminateInstancesCommand({ InstanceIds }), send);
      },
    }),
    deleteQueues(clients, world, cluster),
  ]);
  if (options.deleteBucket !== true) return { instanceIds };
  // After the instances, which might still write to it.
  const deletedBucket = await findBucket(clients.s3, world, cluster);
  if (deletedBucket !== undefined) await deleteBucket(clients.s3, world, deletedBucket);
  return { instanceIds, deletedBucket };
}

interface Goal {
  readonly what: string;
  /** Whether an instance in this state is as wanted. Terminated ones are never seen. */
  rests(state: string): boolean;
  /** Whether something can be done about one in this state now. */
  acts(state: string): boolean;
  act(ids: string[], options: SendOptions): Promise<unknown>;
}

/** Looks and acts until every instance of the fleet is as wanted, seen twice in a row: EC2's lists come a little late. */
async function settle(clients: Clients, world: World, cluster: string, goal: Goal): Promise<string[]> {
  const acted = new Set<string>();
  let quiet = 0;
  await waitFor(world, goal.what, { deadlineMs: ENDED_MS }, async () => {
    const left: InstanceInfo[] = (await findInstances(clients.ec2, world, cluster)).filter(
      ({ state }) => !goal.rests(state),
    );
    if (left.length === 0 && ++quiet >= 2) return { done: undefined };
    if (left.length > 0) quiet = 0;
    const now = left.filter(({ id, state }) => goal.acts(state) && !acted.has(`${id} ${state}`));
    if (now.length > 0) {
      await callAws(world, (send) =>
        goal.act(
          now.map(({ id }) => id),
          send,
        ),
      );
      for (const { id, state } of now) acted.add(`${id} ${state}`);
    }
    return { state: tally(left.map(({ state }) => state)), ids: left.map(({ id }) => id) };
  });
  return [...new Set([...acted].map((entry) => entry.split(' ')[0]!))].sort();
}
