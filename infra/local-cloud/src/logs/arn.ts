import { accountId } from '../account.ts';

export function groupArn(region: string, group: string): string {
  return `arn:aws:logs:${region}:${accountId}:log-group:${group}`;
}

/** Requests may name a group by its ARN too, with or without the `:*` that the service appends. */
export function groupNameOf(nameOrArn: string): string {
  return /^arn:aws[\w-]*:logs:[^:]*:\d*:log-group:([^:]+)(:\*)?$/.exec(nameOrArn)?.[1] ?? nameOrArn;
}
