import type { SSMClient } from '@aws-sdk/client-ssm';
import { SSM_IDS_PER_CALL } from '../limits.ts';
import { callAws } from '../retry.ts';
import { tally, waitFor } from '../wait.ts';
import type { World } from '../world.ts';

const ONLINE_MS = 300_000;

/**
 * Waits until SSM's agent on every instance has reported in: an instance runs some time before it takes commands.
 * @throws DeadlineError; an instance without an instance profile for SSM never comes online
 */
export async function waitUntilOnline(
  ssm: SSMClient,
  world: World,
  ids: readonly string[],
  pace: { deadlineMs: number } = { deadlineMs: ONLINE_MS },
): Promise<void> {
  await waitFor(
    world,
    'instances to come online in SSM (they need an instance profile with AmazonSSMManagedInstanceCore and a way to the internet)',
    pace,
    async () => {
      const status = await pingStatus(ssm, world, ids);
      const late = ids.filter((id) => status.get(id) !== 'Online');
      if (late.length === 0) return { done: undefined };
      return { state: tally(late.map((id) => status.get(id) ?? 'unknown to SSM')), ids: late };
    },
  );
}

/** What SSM says of instances: Online, ConnectionLost or Inactive. One it has never heard of is absent. */
export async function pingStatus(ssm: SSMClient, world: World, ids: readonly string[]): Promise<Map<string, string>> {
  const { DescribeInstanceInformationCommand } = await import('../aws/ssm.ts');
  const status = new Map<string, string>();
  for (let start = 0; start < ids.length; start += SSM_IDS_PER_CALL) {
    const Filters = [{ Key: 'InstanceIds', Values: ids.slice(start, start + SSM_IDS_PER_CALL) }];
    let NextToken: string | undefined;
    do {
      const input = { Filters, MaxResults: 50, ...(NextToken === undefined ? {} : { NextToken }) };
      const command = new DescribeInstanceInformationCommand(input);
      const page = await callAws(world, (send) => ssm.send(command, send));
      for (const { InstanceId, PingStatus } of page.InstanceInformationList ?? []) {
        if (InstanceId !== undefined) status.set(InstanceId, PingStatus ?? 'Inactive');
      }
      NextToken = page.NextToken || undefined;
    } while (NextToken !== undefined);
  }
  return status;
}
