import * as z from 'zod';
import { action } from '../../action.ts';
import type { LogsContext } from '../context.ts';
import { groupName } from '../names.ts';

/** https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_DeleteLogGroup.html */
export const deleteLogGroup = action(
  z.object({ logGroupName: groupName }),
  ({ logGroupName }, { store }: LogsContext) => {
    store.group(logGroupName);
    store.groups.delete(logGroupName);
    return {};
  },
);
