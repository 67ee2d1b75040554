import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import { page } from '../../paging.ts';
import type { Ec2Context } from '../context.ts';
import { instanceFilter } from '../filter.ts';
import type { Instance } from '../instance.ts';
import { dryRun, endDryRun, filters, ids, whole } from '../parameters.ts';
import { reservationView } from '../view.ts';

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstances.html */
export const describeInstances = action(
  z.object({
    ...dryRun,
    InstanceId: ids.optional(),
    Filter: filters,
    MaxResults: whole.optional(),
    NextToken: z.string().optional(),
  }),
  (input, { fleet }: Ec2Context) => {
    endDryRun(input);
    if (input.MaxResults !== undefined && (input.MaxResults < 5 || input.MaxResults > 1000)) {
      throw new AwsError(
        'InvalidParameterValue',
        `Value ( ${input.MaxResults} ) for parameter maxResults is invalid. Expecting a value between 5 and 1000.`,
      );
    }
    if (input.MaxResults !== undefined && input.InstanceId !== undefined) {
      throw new AwsError(
        'InvalidParameterCombination',
        'The parameter instancesSet cannot be used with the parameter maxResults',
      );
    }
    const known = input.InstanceId === undefined ? [...fleet.instances.values()] : fleet.require(input.InstanceId);
    const { items, nextToken } = page(
      known.filter(instanceFilter(input.Filter)),
      input.MaxResults,
      input.NextToken,
      'InvalidNextToken',
    );
    const reservations = new Map<string, Instance[]>();
    for (const instance of items) {
      const together = reservations.get(instance.reservationId);
      if (together === undefined) reservations.set(instance.reservationId, [instance]);
      else together.push(instance);
    }
    return {
      reservationSet: [...reservations].map(([id, instances]) => reservationView(fleet, id, instances)),
      nextToken,
    };
  },
);
