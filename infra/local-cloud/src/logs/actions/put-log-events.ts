import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { LogsContext } from '../context.ts';
import { groupName, streamName } from '../names.ts';
import { append, eventBytes } from '../store.ts';

const mostBytesPerBatch = 1_048_576;
const dayMs = 86_400_000;

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutLogEvents.html (limits of a batch) */
export const putLogEvents = action(
  z.object({
    logGroupName: groupName,
    logStreamName: streamName,
    logEvents: z
      .array(z.object({ timestamp: z.int().min(0), message: z.string().min(1) }))
      .min(1)
      .max(10_000),
    sequenceToken: z.string().optional(),
  }),
  ({ logGroupName, logStreamName, logEvents }, { store, clock }: LogsContext) => {
    const stream = store.stream(logGroupName, logStreamName);
    if (logEvents.reduce((sum, event) => sum + eventBytes(event.message), 0) > mostBytesPerBatch) {
      throw new AwsError(
        'InvalidParameterException',
        `Upload too large: a batch holds at most ${mostBytesPerBatch} bytes.`,
      );
    }
    if (logEvents.some((event, index) => index > 0 && event.timestamp < logEvents[index - 1]!.timestamp)) {
      throw new AwsError(
        'InvalidParameterException',
        'Log events in a single PutLogEvents request must be in chronological order.',
      );
    }
    const now = clock.now();
    const tooOld = logEvents.findLastIndex((event) => event.timestamp < now - 14 * dayMs) + 1;
    const firstTooNew = logEvents.findIndex((event) => event.timestamp > now + 2 * 3_600_000);
    const tooNew = firstTooNew === -1 ? logEvents.length : firstTooNew;
    append(
      stream,
      logEvents.slice(tooOld, tooNew).map((event) => ({ ...event, ingestionTime: now })),
    );
    const rejected = {
      ...(tooOld > 0 ? { tooOldLogEventEndIndex: tooOld } : {}),
      ...(firstTooNew === -1 ? {} : { tooNewLogEventStartIndex: firstTooNew }),
    };
    return { nextSequenceToken: '1', ...(Object.keys(rejected).length > 0 ? { rejectedLogEventsInfo: rejected } : {}) };
  },
);
