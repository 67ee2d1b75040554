import type { SSMClient } from '@aws-sdk/client-ssm';
import { callAws } from '../retry.ts';
import type { World } from '../world.ts';

/** A command of Tessera that is at work on an instance. */
export interface RunningCommand {
  readonly commandId: string;
  readonly instanceId: string;
  readonly program: 'worker' | 'master';
  /** The worker's stamp (see `workerComment`), or the job that a master runs. */
  readonly subject: string;
  readonly status: string;
  readonly requestedAt?: Date | undefined;
}

/** What SSM's lists show of a worker's command. Its stamp tells whether it runs what is wanted. */
export function workerComment(cluster: string, stamp: string): string {
  return `tessera worker ${cluster} ${stamp}`;
}

/** What SSM's lists show of a master's command. */
export function masterComment(cluster: string, jobId: string): string {
  return `tessera master ${cluster} ${jobId}`;
}

/** Commands of a cluster that have not ended, by their comments. */
export async function runningCommands(ssm: SSMClient, world: World, cluster: string): Promise<RunningCommand[]> {
  const found = await Promise.all(['Pending', 'InProgress'].map((status) => list(ssm, world, cluster, status)));
  return found.flat();
}

async function list(ssm: SSMClient, world: World, cluster: string, status: string): Promise<RunningCommand[]> {
  const { ListCommandInvocationsCommand } = await import('../aws/ssm.ts');
  const found: RunningCommand[] = [];
  let NextToken: string | undefined;
  do {
    const command = new ListCommandInvocationsCommand({
      Filters: [{ key: 'Status', value: status }],
      ...(NextToken === undefined ? {} : { NextToken }),
    });
    const page = await callAws(world, (send) => ssm.send(command, send));
    for (const { CommandId, InstanceId, Comment, Status, RequestedDateTime } of page.CommandInvocations ?? []) {
      const [tessera, program, name, subject] = (Comment ?? '').split(' ');
      if (tessera !== 'tessera' || name !== cluster || subject === undefined || Status !== status) continue;
      if (CommandId === undefined || InstanceId === undefined || (program !== 'worker' && program !== 'master'))
        continue;
      found.push({
        commandId: CommandId,
        instanceId: InstanceId,
        program,
        subject,
        status,
        requestedAt: RequestedDateTime,
      });
    }
    NextToken = page.NextToken || undefined;
  } while (NextToken !== undefined);
  return found;
}
