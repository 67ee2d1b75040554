import * as z from 'zod';
import { action } from '../../action.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun } from '../parameters.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeRegions.html */
export const describeRegions = action(z.object({ ...dryRun }), (input, { fleet }: Ec2Context) => {
  endDryRun(input);
  return {
    regionInfo: [
      {
        regionName: fleet.region,
        regionEndpoint: `ec2.${fleet.region}.amazonaws.com`,
        optInStatus: 'opt-in-not-required',
      },
    ],
  };
});
