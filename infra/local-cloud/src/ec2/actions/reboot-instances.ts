import * as z from 'zod';
import { action } from '../../action.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun, ids } from '../parameters.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RebootInstances.html */
export const rebootInstances = action(z.object({ ...dryRun, InstanceId: ids }), (input, { fleet }: Ec2Context) => {
  const instances = fleet.require(input.InstanceId);
  endDryRun(input);
  fleet.reboot(instances);
  return { return: true };
});
