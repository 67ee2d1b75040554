import type { Instance } from '@aws-sdk/client-ec2';

/** What an instance is for: the value of its tag `Name`. */
export type Role = 'Master' | 'Worker';

/** An instance of a fleet. */
export interface InstanceInfo {
  readonly id: string;
  readonly role: Role;
  /** EC2's word: pending, running, stopping, stopped, shutting-down or terminated. */
  readonly state: string;
  readonly type: string;
  /** When it was last started. */
  readonly launchedAt?: Date | undefined;
  readonly privateIp?: string | undefined;
  readonly publicIp?: string | undefined;
  /** Why it is in its state, where AWS says so. */
  readonly reason: string;
}

/** The tag that names an instance's fleet. */
export const CLUSTER_TAG = 'tessera:cluster';

/** EC2's record as the fleet sees it, or undefined where it is no instance of a fleet. */
export function instanceInfo(record: Instance): InstanceInfo | undefined {
  const name = record.Tags?.find((tag) => tag.Key === 'Name')?.Value;
  if (record.InstanceId === undefined || (name !== 'Master' && name !== 'Worker')) return undefined;
  return {
    id: record.InstanceId,
    role: name,
    state: record.State?.Name ?? 'pending',
    type: record.InstanceType ?? 'unknown',
    launchedAt: record.LaunchTime,
    privateIp: record.PrivateIpAddress,
    publicIp: record.PublicIpAddress,
    reason: record.StateReason?.Message ?? record.StateTransitionReason ?? '',
  };
}
