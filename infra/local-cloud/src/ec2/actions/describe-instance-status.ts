import * as z from 'zod';
import { action } from '../../action.ts';
import { page } from '../../paging.ts';
import type { XmlNode } from '../../wire/xml.ts';
import type { Ec2Context } from '../context.ts';
import { instanceFilter } from '../filter.ts';
import type { Instance } from '../instance.ts';
import { dryRun, endDryRun, filters, flag, ids, whole } from '../parameters.ts';
import { stateView } from '../view.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceStatus.html */
export const describeInstanceStatus = action(
  z.object({
    ...dryRun,
    InstanceId: ids.optional(),
    Filter: filters,
    IncludeAllInstances: flag.default(false),
    MaxResults: whole.optional(),
    NextToken: z.string().optional(),
  }),
  (input, { fleet }: Ec2Context) => {
    endDryRun(input);
    const known = input.InstanceId === undefined ? [...fleet.instances.values()] : fleet.require(input.InstanceId);
    const matching = known
      .filter(({ state }) => state === 'running' || (input.IncludeAllInstances && state !== 'terminated'))
      .filter(instanceFilter(input.Filter));
    const { items, nextToken } = page(matching, input.MaxResults, input.NextToken);
    return {
      instanceStatusSet: items.map((instance) => ({
        instanceId: instance.id,
        availabilityZone: fleet.availabilityZone,
        instanceState: stateView(instance.state),
        systemStatus: check(instance),
        instanceStatus: check(instance),
      })),
      nextToken,
    };
  },
);

/** The checks pass when the machine answers, which here is when its agent does. */
function check(instance: Instance): XmlNode {
  if (instance.state !== 'running') return { status: 'not-applicable' };
  return {
    status: instance.online ? 'ok' : 'initializing',
    details: [{ name: 'reachability', status: instance.online ? 'passed' : 'initializing' }],
  };
}
