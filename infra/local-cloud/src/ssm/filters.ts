import * as z from 'zod';
import type { Status } from './command.ts';

/** The filters of ListCommands and ListCommandInvocations (type CommandFilter of the API reference). */
export const commandFilters = z
  .array(
    z.object({
      key: z.enum(['InvokedAfter', 'InvokedBefore', 'Status', 'DocumentName', 'ExecutionStage']),
      value: z.string(),
    }),
  )
  .default([]);

export function matchesStatus(filters: z.output<typeof commandFilters>, status: Status, requestedAt: number): boolean {
  return filters.every(({ key, value }) => {
    switch (key) {
      case 'InvokedAfter':
        return requestedAt >= Date.parse(value);
      case 'InvokedBefore':
        return requestedAt < Date.parse(value);
      case 'Status':
        return status === value;
      case 'DocumentName':
        return value === 'AWS-RunShellScript';
      case 'ExecutionStage':
        return (value === 'Executing') === (status === 'Pending' || status === 'InProgress' || status === 'Cancelling');
    }
  });
}
