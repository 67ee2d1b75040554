import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import { page } from '../../paging.ts';
import type { XmlNode } from '../../wire/xml.ts';
import type { Ec2Context } from '../context.ts';
import { wildcard } from '../filter.ts';
import { instanceTypes } from '../instance-types.ts';
import type { InstanceType } from '../instance-types.ts';
import { dryRun, endDryRun, filters, whole } from '../parameters.ts';

const attributes: Readonly<Record<string, (type: InstanceType) => string>> = {
  'burstable-performance-supported': (type) => String(type.burstable),
  'current-generation': (type) => String(!type.name.startsWith('t2.')),
  'instance-type': (type) => type.name,
  'memory-info.size-in-mib': (type) => String(type.memoryMiB),
  'processor-info.supported-architecture': (type) => type.architecture,
  'vcpu-info.default-vcpus': (type) => String(type.vcpus),
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeInstanceTypes.html */
export const describeInstanceTypes = action(
  z.object({
    ...dryRun,
    InstanceType: z.array(z.string()).optional(),
    Filter: filters,
    MaxResults: whole.optional(),
    NextToken: z.string().optional(),
  }),
  (input, _context: Ec2Context) => {
    endDryRun(input);
    const unknown = input.InstanceType?.filter((name) => !instanceTypes.has(name)) ?? [];
    if (unknown.length > 0) {
      throw new AwsError(
        'InvalidInstanceType',
        `The following supplied instance types do not exist: [${unknown.join(', ')}]`,
      );
    }
    const tests = input.Filter.map(({ Name, Value }) => {
      const read = attributes[Name];
      if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
      const patterns = Value.map(wildcard);
      return (type: InstanceType) => patterns.some((pattern) => pattern.test(read(type)));
    });
    const named = input.InstanceType?.map((name) => instanceTypes.get(name)!) ?? [...instanceTypes.values()];
    const { items, nextToken } = page(
      named.filter((type) => tests.every((test) => test(type))),
      input.MaxResults ?? 100,
      input.NextToken,
    );
    return { instanceTypeSet: items.map(view), nextToken };
  },
);

function view(type: InstanceType): XmlNode {
  const threadsPerCore = type.architecture === 'arm64' || type.vcpus === 1 ? 1 : 2;
  return {
    instanceType: type.name,
    currentGeneration: !type.name.startsWith('t2.'),
    freeTierEligible: /^t[23]\.micro$/.test(type.name),
    supportedUsageClasses: ['on-demand', 'spot'],
    supportedRootDeviceTypes: ['ebs'],
    supportedVirtualizationTypes: ['hvm'],
    bareMetal: false,
    hypervisor: type.name.startsWith('t2.') ? 'xen' : 'nitro',
    processorInfo: { supportedArchitectures: [type.architecture] },
    vCpuInfo: {
      defaultVCpus: type.vcpus,
      defaultCores: type.vcpus / threadsPerCore,
      defaultThreadsPerCore: threadsPerCore,
    },
    memoryInfo: { sizeInMiB: type.memoryMiB },
    instanceStorageSupported: false,
    burstablePerformanceSupported: type.burstable,
    dedicatedHostsSupported: false,
    autoRecoverySupported: true,
  };
}
