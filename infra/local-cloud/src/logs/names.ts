import * as z from 'zod';
import { groupNameOf } from './arn.ts';

/** CreateLogGroup's page of the API reference gives both patterns. */
const groupName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[.\-_/#A-Za-z0-9]+$/, 'Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+');
export const streamName = z
  .string()
  .min(1)
  .max(512)
  .regex(/^[^:*]*$/, 'Member must satisfy regular expression pattern: [^:*]*');

/** The two ways to name a group: `logGroupName`, or `logGroupIdentifier`, which may be an ARN. */
export const groupFields = { logGroupName: groupName.optional(), logGroupIdentifier: z.string().optional() };
export { groupName };

export function requestedGroup(input: {
  logGroupName?: string | undefined;
  logGroupIdentifier?: string | undefined;
}): string {
  return input.logGroupName ?? groupNameOf(input.logGroupIdentifier ?? '');
}
