import type { RunInstancesCommandInput, _InstanceType } from '@aws-sdk/client-ec2';
import type { Clients } from '../clients.ts';
import { SettingError } from '../errors.ts';
import type { FleetSpec } from '../fleet-spec.ts';
import { callAws } from '../retry.ts';
import { idleShutdownUserData } from '../shell/idle-shutdown.ts';
import type { World } from '../world.ts';
import { CLUSTER_TAG, type InstanceInfo, instanceInfo, type Role } from './instance.ts';

/** The newest Amazon Linux 2023: https://docs.aws.amazon.com/linux/al2023/ug/ec2.html */
const IMAGE_PARAMETER = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';

/**
 * Creates instances. A request that is sent again by a retry makes no second set: it carries a token.
 * @throws QuotaError, CapacityError, SettingError, PermissionError …
 */
export async function launchInstances(
  clients: Clients,
  world: World,
  spec: FleetSpec,
  role: Role,
  count: number,
): Promise<InstanceInfo[]> {
  const [{ RunInstancesCommand }, image] = await Promise.all([
    import('../aws/ec2.ts'),
    spec.image ?? newestImage(clients, world),
  ]);
  const command = new RunInstancesCommand(launchRequest(spec, role, count, image, clientToken(world)));
  const answer = await callAws(world, (send) => clients.ec2.send(command, send));
  return (answer.Instances ?? []).flatMap((record) => instanceInfo(record) ?? []);
}

/** The request, whole: tags are on the instances from their first moment, so nothing can be left behind unmarked. */
export function launchRequest(
  spec: FleetSpec,
  role: Role,
  count: number,
  image: string,
  token: string,
): RunInstancesCommandInput {
  const profile = spec.instanceProfile;
  const Tags = [
    { Key: 'Name', Value: role },
    { Key: CLUSTER_TAG, Value: spec.cluster },
    { Key: 'tessera:created-by', Value: 'tessera' },
  ];
  return {
    ImageId: image,
    InstanceType: (role === 'Master' ? spec.masterType : spec.workerType) as _InstanceType,
    MinCount: count,
    MaxCount: count,
    ClientToken: token,
    TagSpecifications: [
      { ResourceType: 'instance', Tags },
      { ResourceType: 'volume', Tags },
    ],
    // Version 2 of the metadata service only, reachable from the machine itself and nowhere else.
    MetadataOptions: { HttpTokens: 'required', HttpPutResponseHopLimit: 1, HttpEndpoint: 'enabled' },
    ...(profile === undefined
      ? {}
      : { IamInstanceProfile: profile.startsWith('arn:') ? { Arn: profile } : { Name: profile } }),
    ...(spec.keyName === undefined ? {} : { KeyName: spec.keyName }),
    ...(spec.securityGroupIds === undefined ? {} : { SecurityGroupIds: [...spec.securityGroupIds] }),
    ...(spec.subnetId === undefined ? {} : { SubnetId: spec.subnetId }),
    ...(spec.timeToLiveMinutes === undefined
      ? {}
      : {
          InstanceInitiatedShutdownBehavior: spec.onShutdown ?? 'stop',
          UserData: Buffer.from(idleShutdownUserData(spec.timeToLiveMinutes)).toString('base64'),
        }),
  };
}

async function newestImage({ ssm }: Clients, world: World): Promise<string> {
  const { GetParameterCommand } = await import('../aws/ssm.ts');
  const command = new GetParameterCommand({ Name: IMAGE_PARAMETER });
  const answer = await callAws(world, (send) => ssm.send(command, send));
  const image = answer.Parameter?.Value;
  if (image === undefined)
    throw new SettingError('ParameterNotFound', `no image at ${IMAGE_PARAMETER}; name one`, answer);
  return image;
}

/** 32 hex digits. */
function clientToken(world: World): string {
  return Array.from({ length: 32 }, () => Math.floor(world.random() * 16).toString(16)).join('');
}
