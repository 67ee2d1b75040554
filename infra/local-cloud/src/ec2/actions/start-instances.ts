import * as z from 'zod';
import { action } from '../../action.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun, ids } from '../parameters.ts';
import { changeView } from '../view.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_StartInstances.html */
export const startInstances = action(z.object({ ...dryRun, InstanceId: ids }), (input, { fleet }: Ec2Context) => {
  const instances = fleet.require(input.InstanceId);
  endDryRun(input);
  return { instancesSet: changeView(fleet.start(instances)) };
});
