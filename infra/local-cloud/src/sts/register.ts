import type { Action } from '../action.ts';
import { getCallerIdentity } from './actions/get-caller-identity.ts';
import type { StsContext } from './actions/get-caller-identity.ts';

/** What the local Security Token Service can do. */
export const stsActions: Readonly<Record<string, Action<StsContext>>> = { GetCallerIdentity: getCallerIdentity };
