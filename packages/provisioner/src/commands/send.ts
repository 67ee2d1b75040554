import type { SSMClient } from '@aws-sdk/client-ssm';
import { awsCode } from '../aws-code.ts';
import { SSM_COMMENT_CHARACTERS, SSM_EXECUTION_SECONDS, SSM_IDS_PER_CALL, SSM_LOG_GROUP } from '../limits.ts';
import { callAws } from '../retry.ts';
import { waitFor } from '../wait.ts';
import type { World } from '../world.ts';

/** Lines of shell for instances. */
export interface ShellCommand {
  readonly instanceIds: readonly string[];
  readonly lines: readonly string[];
  /** Says in SSM's lists what it is; `tessera …`. */
  readonly comment: string;
}

const ACCEPTED_MS = 180_000;
/** Seconds until an instance must have begun. */
const DELIVERY_SECONDS = 600;

/**
 * Sends a command, 50 instances a call, its output to CloudWatch Logs. An instance that SSM does not take yet is tried
 * again: `InvalidInstanceId` in the minutes after its start means not yet.
 * @returns the commands' ids, one per call
 * @throws DeadlineError, AwsError
 */
export async function sendCommand(ssm: SSMClient, world: World, command: ShellCommand): Promise<string[]> {
  const { SendCommandCommand } = await import('../aws/ssm.ts');
  const chunks: string[][] = [];
  for (let start = 0; start < command.instanceIds.length; start += SSM_IDS_PER_CALL) {
    chunks.push(command.instanceIds.slice(start, start + SSM_IDS_PER_CALL));
  }
  return Promise.all(
    chunks.map((InstanceIds) => {
      const request = new SendCommandCommand({
        DocumentName: 'AWS-RunShellScript',
        InstanceIds,
        Comment: command.comment.slice(0, SSM_COMMENT_CHARACTERS),
        TimeoutSeconds: DELIVERY_SECONDS,
        Parameters: { commands: [...command.lines], executionTimeout: [String(SSM_EXECUTION_SECONDS)] },
        CloudWatchOutputConfig: { CloudWatchOutputEnabled: true, CloudWatchLogGroupName: SSM_LOG_GROUP },
      });
      return waitFor(world, 'SSM to take a command', { deadlineMs: ACCEPTED_MS }, async () => {
        try {
          const answer = await callAws(world, (send) => ssm.send(request, send));
          return { done: answer.Command!.CommandId! };
        } catch (error) {
          if (awsCode(error) !== 'InvalidInstanceId') throw error;
          return { state: 'InvalidInstanceId', ids: InstanceIds };
        }
      });
    }),
  );
}
