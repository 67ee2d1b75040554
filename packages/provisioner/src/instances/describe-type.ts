import type { _InstanceType } from '@aws-sdk/client-ec2';
import type { Clients } from '../clients.ts';
import { SettingError } from '../errors.ts';
import { callAws } from '../retry.ts';
import { type World, worldOf } from '../world.ts';

/** What a machine of a type has. */
export interface TypeInfo {
  readonly type: string;
  readonly memoryBytes: number;
  /** Virtual CPUs. */
  readonly cores: number;
  readonly architecture: string;
}

/** Looks an instance type up. @throws SettingError where the region has no such type */
export async function describeType(clients: Clients, type: string, world?: Partial<World>): Promise<TypeInfo> {
  const { DescribeInstanceTypesCommand } = await import('../aws/ec2.ts');
  const whole = worldOf(world);
  const command = new DescribeInstanceTypesCommand({ InstanceTypes: [type as _InstanceType] });
  const answer = await callAws(whole, (send) => clients.ec2.send(command, send));
  const found = answer.InstanceTypes?.[0];
  const memoryMiB = found?.MemoryInfo?.SizeInMiB;
  const cores = found?.VCpuInfo?.DefaultVCpus;
  if (memoryMiB === undefined || cores === undefined) {
    throw new SettingError('InvalidInstanceType', `no instance type ${type} in this region; name another`, answer);
  }
  const architecture = found?.ProcessorInfo?.SupportedArchitectures?.[0] ?? 'x86_64';
  return { type, memoryBytes: Number(memoryMiB) * 2 ** 20, cores: Number(cores), architecture };
}
