import type { Action } from '../action.ts';
import { cancelCommand } from './actions/cancel-command.ts';
import { describeInstanceInformation } from './actions/describe-instance-information.ts';
import { getCommandInvocation } from './actions/get-command-invocation.ts';
import { getParameter } from './actions/get-parameter.ts';
import { getParameters } from './actions/get-parameters.ts';
import { listCommandInvocations } from './actions/list-command-invocations.ts';
import { listCommands } from './actions/list-commands.ts';
import { sendCommand } from './actions/send-command.ts';
import type { SsmContext } from './context.ts';

/** What the local Systems Manager can do. */
export const ssmActions: Readonly<Record<string, Action<SsmContext>>> = {
  SendCommand: sendCommand,
  GetCommandInvocation: getCommandInvocation,
  ListCommandInvocations: listCommandInvocations,
  ListCommands: listCommands,
  CancelCommand: cancelCommand,
  DescribeInstanceInformation: describeInstanceInformation,
  GetParameter: getParameter,
  GetParameters: getParameters,
};
