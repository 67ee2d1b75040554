import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import { page } from '../../paging.ts';
import { groupArn } from '../arn.ts';
import type { LogsContext } from '../context.ts';
import { groupFields, requestedGroup } from '../names.ts';
import type { LogStream } from '../store.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DescribeLogStreams.html */
export const describeLogStreams = action(
  z.object({
    ...groupFields,
    logStreamNamePrefix: z.string().optional(),
    orderBy: z.enum(['LogStreamName', 'LastEventTime']).default('LogStreamName'),
    descending: z.boolean().default(false),
    limit: z.int().min(1).max(50).default(50),
    nextToken: z.string().optional(),
  }),
  (input, { store }: LogsContext) => {
    if (input.orderBy === 'LastEventTime' && input.logStreamNamePrefix !== undefined) {
      throw new AwsError('InvalidParameterException', 'Cannot order by LastEventTime with a logStreamNamePrefix.');
    }
    const group = store.group(requestedGroup(input));
    const direction = input.descending ? -1 : 1;
    const streams = [...group.streams.values()]
      .filter((stream) => input.logStreamNamePrefix === undefined || stream.name.startsWith(input.logStreamNamePrefix))
      .sort((left, right) => direction * compare(left, right, input.orderBy === 'LastEventTime'));
    const { items, nextToken } = page(streams, input.limit, input.nextToken, 'InvalidParameterException');
    return {
      logStreams: items.map((stream) => ({
        logStreamName: stream.name,
        creationTime: stream.creationTime,
        firstEventTimestamp: stream.events[0]?.timestamp,
        lastEventTimestamp: stream.events.at(-1)?.timestamp,
        lastIngestionTime: stream.events.at(-1)?.ingestionTime,
        uploadSequenceToken: '1',
        arn: `${groupArn(store.region, group.name)}:log-stream:${stream.name}`,
        storedBytes: 0,
      })),
      nextToken,
    };
  },
);

function compare(left: LogStream, right: LogStream, byTime: boolean): number {
  const difference = byTime ? (left.events.at(-1)?.timestamp ?? 0) - (right.events.at(-1)?.timestamp ?? 0) : 0;
  return difference !== 0 ? difference : left.name < right.name ? -1 : 1;
}
