import * as z from 'zod';
import { action } from '../../action.ts';
import { page } from '../../paging.ts';
import { groupArn } from '../arn.ts';
import type { LogsContext } from '../context.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogGroups.html */
export const describeLogGroups = action(
  z.object({
    logGroupNamePrefix: z.string().optional(),
    logGroupNamePattern: z.string().optional(),
    limit: z.int().min(1).max(50).default(50),
    nextToken: z.string().optional(),
  }),
  (input, { store }: LogsContext) => {
    const pattern = input.logGroupNamePattern?.toLowerCase();
    const matching = [...store.groups.values()]
      .filter((group) => input.logGroupNamePrefix === undefined || group.name.startsWith(input.logGroupNamePrefix))
      .filter((group) => pattern === undefined || group.name.toLowerCase().includes(pattern))
      .sort((left, right) => (left.name < right.name ? -1 : 1));
    const { items, nextToken } = page(matching, input.limit, input.nextToken);
    return {
      logGroups: items.map((group) => ({
        logGroupName: group.name,
        creationTime: group.creationTime,
        ...(group.retentionInDays === undefined ? {} : { retentionInDays: group.retentionInDays }),
        metricFilterCount: 0,
        arn: `${groupArn(store.region, group.name)}:*`,
        logGroupArn: groupArn(store.region, group.name),
        storedBytes: [...group.streams.values()].reduce((sum, stream) => sum + stream.storedBytes, 0),
        logGroupClass: 'STANDARD',
      })),
      nextToken,
    };
  },
);
