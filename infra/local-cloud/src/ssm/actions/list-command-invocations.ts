import * as z from 'zod';
import { action } from '../../action.ts';
import { page } from '../../paging.ts';
import { newestFirst, requireCommand } from '../context.ts';
import type { SsmContext } from '../context.ts';
import { commandFilters, matchesStatus } from '../filters.ts';
import { invocationView } from '../view.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommandInvocations.html */
export const listCommandInvocations = action(
  z.object({
    CommandId: z.string().optional(),
    InstanceId: z.string().optional(),
    Details: z.boolean().default(false),
    Filters: commandFilters,
    MaxResults: z.int().min(1).max(50).default(50),
    NextToken: z.string().optional(),
  }),
  (input, context: SsmContext) => {
    const commands =
      input.CommandId === undefined
        ? newestFirst(context.commands.values())
        : [requireCommand(context, input.CommandId)];
    const invocations = commands
      .flatMap((command) => [...command.invocations.values()])
      .filter(({ instance }) => input.InstanceId === undefined || instance.id === input.InstanceId)
      .filter((invocation) => matchesStatus(input.Filters, invocation.status, invocation.command.requestedAt));
    const { items, nextToken } = page(invocations, input.MaxResults, input.NextToken);
    return {
      CommandInvocations: items.map((invocation) => invocationView(invocation, input.Details)),
      NextToken: nextToken,
    };
  },
);
