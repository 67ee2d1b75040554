import { AwsError } from '../errors.ts';
import type { Fleet } from './fleet.ts';
import type { Instance } from './instance.ts';

/**
 * Instances are the only resources here that carry tags.
 *
 * @throws AwsError InvalidID for ids of other kinds, and what `Fleet.require` throws.
 */
export function taggedResources(fleet: Fleet, ids: readonly string[]): Instance[] {
  const other = ids.find((id) => !id.startsWith('i-'));
  if (other !== undefined) throw new AwsError('InvalidID', `The ID '${other}' is not valid`);
  return fleet.require(ids);
}
