import * as z from 'zod';
import { action } from '../../action.ts';
import type { LogsContext } from '../context.ts';
import { groupName } from '../names.ts';

/** The only values that the service takes. */
const days = new Set([
  1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653,
]);

/**
 * Remembered and reported, never acted on: a local cloud's logs go with the cloud.
 * https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
 */
export const putRetentionPolicy = action(
  z.object({
    logGroupName: groupName,
    retentionInDays: z.number().refine((value) => days.has(value), 'is not a retention period that the service offers'),
  }),
  ({ logGroupName, retentionInDays }, { store }: LogsContext) => {
    store.group(logGroupName).retentionInDays = retentionInDays;
    return {};
  },
);
