import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import { page } from '../../paging.ts';
import type { Ec2Context } from '../context.ts';
import { wildcard } from '../filter.ts';
import { dryRun, endDryRun, filters, whole } from '../parameters.ts';

interface Row {
  readonly resourceId: string;
  readonly resourceType: 'instance';
  readonly key: string;
  readonly value: string;
}

const columns: Readonly<Record<string, (row: Row) => string>> = {
  'resource-id': (row) => row.resourceId,
  'resource-type': (row) => row.resourceType,
  key: (row) => row.key,
  value: (row) => row.value,
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeTags.html */
export const describeTags = action(
  z.object({ ...dryRun, Filter: filters, MaxResults: whole.optional(), NextToken: z.string().optional() }),
  (input, { fleet }: Ec2Context) => {
    endDryRun(input);
    const tests = input.Filter.map(({ Name, Value }) => {
      const tagKey = /^tag:(.+)$/.exec(Name)?.[1];
      const column = tagKey === undefined ? columns[Name] : (row: Row) => (row.key === tagKey ? row.value : '');
      if (column === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
      const patterns = Value.map(wildcard);
      return (row: Row) =>
        (tagKey === undefined || row.key === tagKey) && patterns.some((pattern) => pattern.test(column(row)));
    });
    const rows = [...fleet.instances.values()].flatMap(({ id, tags }) =>
      [...tags].map(([key, value]): Row => ({ resourceId: id, resourceType: 'instance', key, value })),
    );
    const { items, nextToken } = page(
      rows.filter((row) => tests.every((test) => test(row))),
      input.MaxResults,
      input.NextToken,
    );
    return { tagSet: items.map((row) => ({ ...row })), nextToken };
  },
);
