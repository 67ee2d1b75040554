import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { LogsContext } from '../context.ts';
import { groupName } from '../names.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html */
export const createLogGroup = action(
  z.object({ logGroupName: groupName }),
  ({ logGroupName }, { store, clock }: LogsContext) => {
    if (store.groups.has(logGroupName)) {
      throw new AwsError('ResourceAlreadyExistsException', 'The specified log group already exists');
    }
    store.groups.set(logGroupName, {
      name: logGroupName,
      creationTime: clock.now(),
      retentionInDays: undefined,
      streams: new Map(),
    });
    return {};
  },
);
