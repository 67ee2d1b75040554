import type { EC2Client, Filter } from '@aws-sdk/client-ec2';
import { callAws } from '../retry.ts';
import type { World } from '../world.ts';
import { CLUSTER_TAG, instanceInfo, type InstanceInfo } from './instance.ts';

/** States of an instance that still exists. */
const ALIVE = ['pending', 'running', 'stopping', 'stopped', 'shutting-down'];

/** Every instance of a fleet that is not terminated, oldest first and then by id. */
export async function findInstances(ec2: EC2Client, world: World, cluster: string): Promise<InstanceInfo[]> {
  const found = await describe(ec2, world, [
    { Name: `tag:${CLUSTER_TAG}`, Values: [cluster] },
    { Name: 'tag:Name', Values: ['Master', 'Worker'] },
    { Name: 'instance-state-name', Values: ALIVE },
  ]);
  return found.sort(
    (a, b) => (a.launchedAt?.getTime() ?? 0) - (b.launchedAt?.getTime() ?? 0) || (a.id < b.id ? -1 : 1),
  );
}

/** These instances, whatever their state; one that EC2 does not know yet is left out. */
export async function describeInstances(ec2: EC2Client, world: World, ids: readonly string[]): Promise<InstanceInfo[]> {
  // A filter answers with those that are known, where a list of ids fails for a single one that is not known yet.
  const chunks: InstanceInfo[][] = [];
  for (let start = 0; start < ids.length; start += FILTER_VALUES) {
    chunks.push(await describe(ec2, world, [{ Name: 'instance-id', Values: ids.slice(start, start + FILTER_VALUES) }]));
  }
  return chunks.flat();
}

/** Values of one filter: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
const FILTER_VALUES = 200;

async function describe(ec2: EC2Client, world: World, Filters: Filter[]): Promise<InstanceInfo[]> {
  const { DescribeInstancesCommand } = await import('../aws/ec2.ts');
  const found: InstanceInfo[] = [];
  let NextToken: string | undefined;
  do {
    const command = new DescribeInstancesCommand(NextToken === undefined ? { Filters } : { Filters, NextToken });
    const page = await callAws(world, (send) => ec2.send(command, send));
    for (const reservation of page.Reservations ?? []) {
      for (const record of reservation.Instances ?? []) {
        const info = instanceInfo(record);
        if (info !== undefined) found.push(info);
      }
    }
    NextToken = page.NextToken || undefined;
  } while (NextToken !== undefined);
  return found;
}
