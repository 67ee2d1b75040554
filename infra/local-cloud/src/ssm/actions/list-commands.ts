import * as z from 'zod';
import { action } from '../../action.ts';
import { page } from '../../paging.ts';
import { commandStatus } from '../command.ts';
import { newestFirst, requireCommand } from '../context.ts';
import type { SsmContext } from '../context.ts';
import { commandFilters, matchesStatus } from '../filters.ts';
import { commandView } from '../view.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_ListCommands.html */
export const listCommands = action(
  z.object({
    CommandId: z.string().optional(),
    InstanceId: z.string().optional(),
    Filters: commandFilters,
    MaxResults: z.int().min(1).max(50).default(50),
    NextToken: z.string().optional(),
  }),
  (input, context: SsmContext) => {
    const commands = (
      input.CommandId === undefined
        ? newestFirst(context.commands.values())
        : [requireCommand(context, input.CommandId)]
    )
      .filter(({ invocations }) => input.InstanceId === undefined || invocations.has(input.InstanceId))
      .filter((command) => matchesStatus(input.Filters, commandStatus(command).status, command.requestedAt));
    const { items, nextToken } = page(commands, input.MaxResults, input.NextToken);
    return { Commands: items.map(commandView), NextToken: nextToken };
  },
);
