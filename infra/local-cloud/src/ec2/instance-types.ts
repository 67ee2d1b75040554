/** What the planner needs to know of an instance type. */
export interface InstanceType {
  readonly name: string;
  readonly vcpus: number;
  readonly memoryMiB: number;
  readonly architecture: 'x86_64' | 'arm64';
  readonly burstable: boolean;
}

const gib = 1024;

/** vCPUs and GiB by size, from https://aws.amazon.com/ec2/instance-types/ */
const burstableSizes: readonly (readonly [string, number, number])[] = [
  ['nano', 2, 0.5],
  ['micro', 2, 1],
  ['small', 2, 2],
  ['medium', 2, 4],
  ['large', 2, 8],
  ['xlarge', 4, 16],
  ['2xlarge', 8, 32],
];

function sized(
  family: string,
  gibPerVcpu: number,
  largest: readonly number[],
  architecture: InstanceType['architecture'] = 'x86_64',
): InstanceType[] {
  const small: InstanceType[] = [
    { name: `${family}.large`, vcpus: 2, memoryMiB: 2 * gibPerVcpu * gib, architecture, burstable: false },
    { name: `${family}.xlarge`, vcpus: 4, memoryMiB: 4 * gibPerVcpu * gib, architecture, burstable: false },
  ];
  return small.concat(
    largest.map((times) => ({
      name: `${family}.${times}xlarge`,
      vcpus: times * 4,
      memoryMiB: times * 4 * gibPerVcpu * gib,
      architecture,
      burstable: false,
    })),
  );
}

function burstable(family: string, architecture: InstanceType['architecture'] = 'x86_64'): InstanceType[] {
  return burstableSizes.map(([size, vcpus, memory]) => ({
    name: `${family}.${size}`,
    vcpus,
    memoryMiB: memory * gib,
    architecture,
    burstable: true,
  }));
}

const table: readonly InstanceType[] = [
  // The small sizes of t2 have one vCPU, unlike those of its successors.
  ...burstable('t2').map((type) => (/\.(nano|micro|small)$/.test(type.name) ? { ...type, vcpus: 1 } : type)),
  ...burstable('t3'),
  ...burstable('t3a'),
  ...burstable('t4g', 'arm64'),
  // c5 has 9 and 18 where the later generations have 8 and 16; its ratio is 2 GiB per vCPU.
  ...sized('c5', 2, [2, 4, 9, 12, 18, 24]),
  ...sized('c6i', 2, [2, 4, 8, 12, 16, 24, 32]),
  ...sized('c7i', 2, [2, 4, 8, 12, 16, 24, 48]),
  ...sized('m5', 4, [2, 4, 8, 12, 16, 24]),
  ...sized('m6i', 4, [2, 4, 8, 12, 16, 24, 32]),
  ...sized('r5', 8, [2, 4, 8, 12, 16, 24]),
];

export const instanceTypes: ReadonlyMap<string, InstanceType> = new Map(table.map((type) => [type.name, type]));
