import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import { requireCommand } from '../context.ts';
import type { SsmContext } from '../context.ts';

/**
 * Cancels on the named instances, or on all of the command's. There is no promise that the command can still be
 * cancelled; a finished one stays as it is.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_CancelCommand.html
 */
export const cancelCommand = action(
  z.object({ CommandId: z.string(), InstanceIds: z.array(z.string()).max(50).default([]) }),
  (input, context: SsmContext) => {
    const { invocations } = requireCommand(context, input.CommandId);
    const foreign = input.InstanceIds.find((id) => !invocations.has(id));
    if (foreign !== undefined) throw new AwsError('InvalidInstanceId', `The command was not sent to ${foreign}.`);
    for (const [id, invocation] of invocations) {
      if (input.InstanceIds.length === 0 || input.InstanceIds.includes(id)) context.agent.cancel(invocation);
    }
    return {};
  },
);
