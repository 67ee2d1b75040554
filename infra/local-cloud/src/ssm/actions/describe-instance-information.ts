import * as z from 'zod';
import { action } from '../../action.ts';
import type { Instance } from '../../ec2/instance.ts';
import { AwsError } from '../../errors.ts';
import { page } from '../../paging.ts';
import type { SsmContext } from '../context.ts';
import { seconds } from '../view.ts';

const attributes: Readonly<Record<string, (instance: Instance) => string>> = {
  InstanceIds: ({ id }) => id,
  PingStatus: pingStatus,
  PlatformTypes: () => 'Linux',
  ResourceType: () => 'EC2Instance',
};

/**
 * The instances whose agent has registered: those that are online, and those that were and are stopped.
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_DescribeInstanceInformation.html
 */
export const describeInstanceInformation = action(
  z.object({
    Filters: z.array(z.object({ Key: z.string(), Values: z.array(z.string()).min(1) })).default([]),
    InstanceInformationFilterList: z
      .array(z.object({ key: z.string(), valueSet: z.array(z.string()).min(1) }))
      .default([]),
    MaxResults: z.int().min(5).max(50).default(50),
    NextToken: z.string().optional(),
  }),
  (input, { fleet, clock }: SsmContext) => {
    const tests = [
      ...input.Filters.map(({ Key, Values }) => [Key, Values] as const),
      ...input.InstanceInformationFilterList.map(({ key, valueSet }) => [key, valueSet] as const),
    ].map(([key, values]) => {
      if (key === 'tag-key') return (instance: Instance) => values.some((value) => instance.tags.has(value));
      if (key.startsWith('tag:'))
        return (instance: Instance) => values.includes(instance.tags.get(key.slice(4)) ?? '\0');
      const read = attributes[key];
      if (read === undefined)
        throw new AwsError('InvalidInstanceInformationFilterValue', `The local cloud doesn't know the filter ${key}.`);
      return (instance: Instance) => values.includes(read(instance));
    });
    const registered = [...fleet.instances.values()]
      .filter((instance) => instance.online || instance.state === 'stopping' || instance.state === 'stopped')
      .filter((instance) => tests.every((test) => test(instance)));
    const { items, nextToken } = page(registered, input.MaxResults, input.NextToken);
    return {
      InstanceInformationList: items.map((instance) => ({
        InstanceId: instance.id,
        PingStatus: pingStatus(instance),
        LastPingDateTime: seconds(clock.now()),
        AgentVersion: '3.3.0.0',
        IsLatestVersion: true,
        PlatformType: 'Linux',
        PlatformName: 'Amazon Linux',
        PlatformVersion: '2023',
        ResourceType: 'EC2Instance',
        IPAddress: instance.privateIp,
        ComputerName: `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal`,
      })),
      NextToken: nextToken,
    };
  },
);

function pingStatus({ online }: Instance): string {
  return online ? 'Online' : 'ConnectionLost';
}
