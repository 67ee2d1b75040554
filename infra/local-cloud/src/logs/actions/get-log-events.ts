import * as z from 'zod';
import { action } from '../../action.ts';
import type { LogsContext } from '../context.ts';
import { readCursor, writeCursor } from '../cursor.ts';
import { groupFields, requestedGroup, streamName } from '../names.ts';
import { eventBytes } from '../store.ts';
import type { LogEvent, LogStream } from '../store.ts';

const mostBytesPerAnswer = 1_048_576;

/**
 * Events of one stream, oldest first within an answer. Without a token, the newest `limit` events or, with
 * `startFromHead`, the oldest. At the end of the stream the same forward token comes back.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_GetLogEvents.html
 */
export const getLogEvents = action(
  z.object({
    ...groupFields,
    logStreamName: streamName,
    startTime: z.int().min(0).optional(),
    endTime: z.int().min(0).optional(),
    limit: z.int().min(1).max(10_000).default(10_000),
    nextToken: z.string().optional(),
    startFromHead: z.boolean().default(false),
  }),
  (input, { store }: LogsContext) => {
    const stream = store.stream(requestedGroup(input), input.logStreamName);
    const end = stream.dropped + stream.events.length;
    const cursor =
      input.nextToken === undefined
        ? ({
            direction: input.startFromHead ? 'forward' : 'backward',
            position: input.startFromHead ? 0 : end,
          } as const)
        : readCursor(input.nextToken);
    const wanted = ({ timestamp }: LogEvent): boolean =>
      (input.startTime === undefined || timestamp >= input.startTime) &&
      (input.endTime === undefined || timestamp < input.endTime);
    const found =
      cursor.direction === 'forward'
        ? forward(stream, cursor.position, wanted, input.limit)
        : backward(stream, cursor.position, wanted, input.limit);
    return {
      events: found.events.map(({ timestamp, message, ingestionTime }) => ({ timestamp, message, ingestionTime })),
      nextForwardToken: writeCursor({ direction: 'forward', position: found.last }),
      nextBackwardToken: writeCursor({ direction: 'backward', position: found.first }),
    };
  },
);

interface Slice {
  readonly events: LogEvent[];
  /** Positions before the first and after the last event that was looked at. */
  readonly first: number;
  readonly last: number;
}

function forward(stream: LogStream, from: number, wanted: (event: LogEvent) => boolean, limit: number): Slice {
  const first = Math.min(Math.max(from, stream.dropped), stream.dropped + stream.events.length);
  const events: LogEvent[] = [];
  let bytes = 0;
  let index = first - stream.dropped;
  for (; index < stream.events.length && events.length < limit; index++) {
    const event = stream.events[index]!;
    if (!wanted(event)) continue;
    bytes += eventBytes(event.message);
    if (bytes > mostBytesPerAnswer && events.length > 0) break;
    events.push(event);
  }
  return { events, first, last: stream.dropped + index };
}

function backward(stream: LogStream, from: number, wanted: (event: LogEvent) => boolean, limit: number): Slice {
  const last = Math.min(Math.max(from, stream.dropped), stream.dropped + stream.events.length);
  const events: LogEvent[] = [];
  let bytes = 0;
  let index = last - stream.dropped;
  for (; index > 0 && events.length < limit; index--) {
    const event = stream.events[index - 1]!;
    if (!wanted(event)) continue;
    bytes += eventBytes(event.message);
    if (bytes > mostBytesPerAnswer && events.length > 0) break;
    events.push(event);
  }
  return { events: events.toReversed(), first: stream.dropped + index, last };
}
