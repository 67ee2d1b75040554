import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { SsmContext } from '../context.ts';
import { cloudWatchView } from '../view.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetCommandInvocation.html */
export const getCommandInvocation = action(
  z.object({ CommandId: z.string(), InstanceId: z.string(), PluginName: z.string().optional() }),
  ({ CommandId, InstanceId, PluginName }, { commands }: SsmContext) => {
    const invocation = commands.get(CommandId)?.invocations.get(InstanceId);
    if (invocation === undefined || !invocation.delivered) throw new AwsError('InvocationDoesNotExist', '');
    if (PluginName !== undefined && PluginName !== 'aws:runShellScript' && PluginName !== 'aws:RunShellScript') {
      throw new AwsError('InvalidPluginName', '');
    }
    const { command, startedAt, endedAt } = invocation;
    return {
      CommandId,
      InstanceId,
      Comment: command.comment,
      DocumentName: command.documentName,
      DocumentVersion: '$DEFAULT',
      PluginName: 'aws:runShellScript',
      ResponseCode: invocation.responseCode,
      ExecutionStartDateTime: startedAt === undefined ? '' : new Date(startedAt).toISOString(),
      ExecutionElapsedTime:
        startedAt === undefined || endedAt === undefined ? '' : `PT${(endedAt - startedAt) / 1000}S`,
      ExecutionEndDateTime: endedAt === undefined ? '' : new Date(endedAt).toISOString(),
      Status: invocation.status,
      StatusDetails: invocation.statusDetails,
      StandardOutputContent: invocation.stdout.content(),
      StandardOutputUrl: '',
      StandardErrorContent: invocation.stderr.content(),
      StandardErrorUrl: '',
      CloudWatchOutputConfig: cloudWatchView(command),
    };
  },
);
