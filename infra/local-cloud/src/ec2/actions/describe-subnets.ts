import * as z from 'zod';
import { action } from '../../action.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun } from '../parameters.ts';
import { network } from '../view.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html */
export const describeSubnets = action(z.object({ ...dryRun }), (input, { fleet }: Ec2Context) => {
  endDryRun(input);
  return {
    subnetSet: [
      {
        subnetId: network.subnetId,
        vpcId: network.vpcId,
        ownerId: fleet.ownerId,
        state: 'available',
        cidrBlock: '172.31.0.0/16',
        availableIpAddressCount: 65_531 - fleet.instances.size,
        availabilityZone: fleet.availabilityZone,
        defaultForAz: true,
        mapPublicIpOnLaunch: true,
      },
    ],
  };
});
