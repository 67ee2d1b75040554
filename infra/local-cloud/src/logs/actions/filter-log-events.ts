import { createHash } from 'node:crypto';
import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import { page } from '../../paging.ts';
import type { LogsContext } from '../context.ts';
import { filterPattern } from '../filter-pattern.ts';
import { groupFields, requestedGroup } from '../names.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html */
export const filterLogEvents = action(
  z.object({
    ...groupFields,
    logStreamNames: z.array(z.string()).min(1).max(100).optional(),
    logStreamNamePrefix: z.string().min(1).optional(),
    startTime: z.int().min(0).optional(),
    endTime: z.int().min(0).optional(),
    filterPattern: z.string().max(1024).optional(),
    limit: z.int().min(1).max(10_000).default(10_000),
    nextToken: z.string().optional(),
    interleaved: z.boolean().optional(),
  }),
  (input, { store }: LogsContext) => {
    if (input.logStreamNames !== undefined && input.logStreamNamePrefix !== undefined) {
      throw new AwsError(
        'InvalidParameterException',
        'logStreamNames and logStreamNamePrefix cannot be used together.',
      );
    }
    const group = store.group(requestedGroup(input));
    const matches = filterPattern(input.filterPattern);
    const streams =
      input.logStreamNames?.map((name) => store.stream(group.name, name)) ??
      [...group.streams.values()].filter((stream) => stream.name.startsWith(input.logStreamNamePrefix ?? ''));
    const found = streams
      .flatMap((stream) =>
        stream.events.map((event, index) => ({
          ...event,
          logStreamName: stream.name,
          position: stream.dropped + index,
        })),
      )
      .filter(
        ({ timestamp, message }) =>
          timestamp >= (input.startTime ?? 0) && timestamp <= (input.endTime ?? Infinity) && matches(message),
      )
      .sort((left, right) => left.timestamp - right.timestamp);
    const { items, nextToken } = page(found, input.limit, input.nextToken, 'InvalidParameterException');
    return {
      events: items.map(({ position, ...event }) => ({ ...event, eventId: eventId(event.logStreamName, position) })),
      searchedLogStreams: [],
      nextToken,
    };
  },
);

/** Stable, so that a watcher who asks again recognises what it has seen. */
function eventId(stream: string, position: number): string {
  const digest = createHash('sha256').update(stream).digest();
  return `${digest.readBigUInt64BE().toString().padStart(20, '0')}${String(position).padStart(36, '0')}`;
}
