import type { Caller } from '../action.ts';
import type { Fleet } from './fleet.ts';

/** What an action of EC2 works with. */
export interface Ec2Context {
  readonly fleet: Fleet;
  readonly caller: Caller;
}
