import type { Action } from '../action.ts';
import { createTags } from './actions/create-tags.ts';
import { deleteTags } from './actions/delete-tags.ts';
import { describeImages } from './actions/describe-images.ts';
import { describeInstanceStatus } from './actions/describe-instance-status.ts';
import { describeInstanceTypes } from './actions/describe-instance-types.ts';
import { describeInstances } from './actions/describe-instances.ts';
import { describeKeyPairs } from './actions/describe-key-pairs.ts';
import { describeRegions } from './actions/describe-regions.ts';
import { describeSecurityGroups } from './actions/describe-security-groups.ts';
import { describeSubnets } from './actions/describe-subnets.ts';
import { describeTags } from './actions/describe-tags.ts';
import { describeVpcs } from './actions/describe-vpcs.ts';
import { rebootInstances } from './actions/reboot-instances.ts';
import { runInstances } from './actions/run-instances.ts';
import { startInstances } from './actions/start-instances.ts';
import { stopInstances } from './actions/stop-instances.ts';
import { terminateInstances } from './actions/terminate-instances.ts';
import type { Ec2Context } from './context.ts';

/** What the local EC2 can do. */
export const ec2Actions: Readonly<Record<string, Action<Ec2Context>>> = {
  RunInstances: runInstances,
  DescribeInstances: describeInstances,
  DescribeInstanceStatus: describeInstanceStatus,
  StartInstances: startInstances,
  StopInstances: stopInstances,
  RebootInstances: rebootInstances,
  TerminateInstances: terminateInstances,
  CreateTags: createTags,
  DeleteTags: deleteTags,
  DescribeTags: describeTags,
  DescribeInstanceTypes: describeInstanceTypes,
  DescribeImages: describeImages,
  DescribeRegions: describeRegions,
  DescribeSecurityGroups: describeSecurityGroups,
  DescribeVpcs: describeVpcs,
  DescribeSubnets: describeSubnets,
  DescribeKeyPairs: describeKeyPairs,
};
