import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { LogsContext } from '../context.ts';
import { groupName, streamName } from '../names.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogStream.html */
export const createLogStream = action(
  z.object({ logGroupName: groupName, logStreamName: streamName }),
  ({ logGroupName, logStreamName }, { store, clock }: LogsContext) => {
    if (store.group(logGroupName).streams.has(logStreamName)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log stream already exists');
    }
    store.openStream(logGroupName, logStreamName, clock.now());
    return {};
  },
);
