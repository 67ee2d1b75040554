import * as z from 'zod';
import { accountId } from '../../account.ts';
import { action } from '../../action.ts';
import type { Caller } from '../../action.ts';

export interface StsContext {
  readonly caller: Caller;
}

/** https://docs.aws.amazon.com/STS/latest/APIReference/API_GetCallerIdentity.html */
export const getCallerIdentity = action(z.object({}), (_input, { caller }: StsContext) => ({
  GetCallerIdentityResult:
    caller.instanceId === undefined
      ? { UserId: caller.accessKeyId, Account: accountId, Arn: `arn:aws:iam::${accountId}:user/local` }
      : {
          UserId: `AROA00000000000000000:${caller.instanceId}`,
          Account: accountId,
          Arn: `arn:aws:sts::${accountId}:assumed-role/local-instance/${caller.instanceId}`,
        },
}));
