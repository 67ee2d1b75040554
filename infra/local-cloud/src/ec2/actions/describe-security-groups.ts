import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun, filters, list } from '../parameters.ts';
import { network } from '../view.ts';

/**
 * The default group, and whatever group instances were launched with: nothing here filters traffic.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSecurityGroups.html
 */
export const describeSecurityGroups = action(
  z.object({ ...dryRun, GroupId: list(z.string()), GroupName: list(z.string()), Filter: filters }),
  (input, { fleet }: Ec2Context) => {
    endDryRun(input);
    const used = [...fleet.instances.values()].flatMap(({ launch }) => launch.securityGroupIds);
    const known = [...new Set([network.groupId, ...used])].map((id) => ({
      id,
      name: id === network.groupId ? network.groupName : id,
    }));
    const missing =
      input.GroupId.find((id) => !known.some((group) => group.id === id)) ??
      input.GroupName.find((name) => !known.some((group) => group.name === name));
    if (missing !== undefined)
      throw new AwsError('InvalidGroup.NotFound', `The security group '${missing}' does not exist`);
    const wanted = (name: string, value: string): boolean => {
      const values = input.Filter.filter((filter) => filter.Name === name).flatMap((filter) => filter.Value);
      return values.length === 0 || values.includes(value);
    };
    return {
      securityGroupInfo: known
        .filter(({ id }) => input.GroupId.length === 0 || input.GroupId.includes(id))
        .filter(({ name }) => input.GroupName.length === 0 || input.GroupName.includes(name))
        .filter(
          ({ id, name }) => wanted('group-id', id) && wanted('group-name', name) && wanted('vpc-id', network.vpcId),
        )
        .map(({ id, name }) => ({
          ownerId: fleet.ownerId,
          groupId: id,
          groupName: name,
          groupDescription: 'nothing is filtered on one machine',
          vpcId: network.vpcId,
          ipPermissions: [],
          ipPermissionsEgress: [],
        })),
    };
  },
);
