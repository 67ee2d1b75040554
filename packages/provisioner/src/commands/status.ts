import { awsCode } from '../aws-code.ts';
import type { Clients } from '../clients.ts';
import { callAws } from '../retry.ts';
import { type World, worldOf } from '../world.ts';

/** A command on one instance. */
export interface CommandStatus {
  /** SSM's word: Pending, InProgress, Delayed, Success, Cancelled, TimedOut, Failed, Cancelling. */
  readonly status: string;
  /** More exactly: DeliveryTimedOut, ExecutionTimedOut, Undeliverable, Terminated, … */
  readonly detail: string;
  readonly ended: boolean;
  /** Absent until it ended by itself. */
  readonly exitCode?: number;
  /** The first 24,000 characters; all of it is in CloudWatch Logs. */
  readonly stdout: string;
  readonly stderr: string;
}

const ENDED = new Set(['Success', 'Cancelled', 'TimedOut', 'Failed']);

/** How a command does on an instance. One that SSM does not know yet is pending. @throws AwsError */
export async function commandStatus(
  clients: Clients,
  { commandId, instanceId }: { commandId: string; instanceId: string },
  world?: Partial<World>,
): Promise<CommandStatus> {
  const { GetCommandInvocationCommand } = await import('../aws/ssm.ts');
  const whole = worldOf(world);
  const command = new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId });
  try {
    const found = await callAws(whole, (send) => clients.ssm.send(command, send));
    const status = found.Status ?? 'Pending';
    return {
      status,
      detail: found.StatusDetails ?? status,
      ended: ENDED.has(status),
      ...(found.ResponseCode === undefined || found.ResponseCode < 0 ? {} : { exitCode: found.ResponseCode }),
      stdout: found.StandardOutputContent ?? '',
      stderr: found.StandardErrorContent ?? '',
    };
  } catch (error) {
    if (awsCode(error) !== 'InvocationDoesNotExist') throw error;
    return { status: 'Pending', detail: 'Pending', ended: false, stdout: '', stderr: '' };
  }
}

/**
 * Ends a command, on all its instances or on some. SSM's agent kills its processes at once, with no chance to finish:
 * a worker's package comes back after its visibility timeout. To end workers in peace use `stopWorkers`.
 */
export async function cancelCommand(
  clients: Clients,
  commandId: string,
  instanceIds?: readonly string[],
  world?: Partial<World>,
): Promise<void> {
  const { CancelCommandCommand } = await import('../aws/ssm.ts');
  const whole = worldOf(world);
  const command = new CancelCommandCommand({
    CommandId: commandId,
    ...(instanceIds === undefined ? {} : { InstanceIds: [...instanceIds] }),
  });
  await callAws(whole, (send) => clients.ssm.send(command, send));
}
