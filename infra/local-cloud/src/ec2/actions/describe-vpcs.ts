import * as z from 'zod';
import { action } from '../../action.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun } from '../parameters.ts';
import { network } from '../view.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeVpcs.html */
export const describeVpcs = action(z.object({ ...dryRun }), (input, { fleet }: Ec2Context) => {
  endDryRun(input);
  return {
    vpcSet: [
      {
        vpcId: network.vpcId,
        ownerId: fleet.ownerId,
        state: 'available',
        cidrBlock: '172.31.0.0/16',
        instanceTenancy: 'default',
        isDefault: true,
      },
    ],
  };
});
