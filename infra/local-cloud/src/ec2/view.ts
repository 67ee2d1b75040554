import type { XmlNode } from '../wire/xml.ts';
import type { Fleet, StateChange } from './fleet.ts';
import type { Instance } from './instance.ts';
import { stateCodes } from './state.ts';
import type { StateName } from './state.ts';

/** The account's only network, in every answer that has to name one. */
export const network = {
  vpcId: 'vpc-00000000000000001',
  subnetId: 'subnet-00000000000000001',
  groupId: 'sg-00000000000000001',
  groupName: 'default',
};

export function stateView(state: StateName): XmlNode {
  return { code: stateCodes[state], name: state };
}

export function changeView(changes: readonly StateChange[]): XmlNode {
  return changes.map(({ instance, previous }) => ({
    instanceId: instance.id,
    currentState: stateView(instance.state),
    previousState: stateView(previous),
  }));
}

export function tagsView(tags: ReadonlyMap<string, string>): XmlNode {
  return tags.size === 0 ? undefined : [...tags].map(([key, value]) => ({ key, value }));
}

export function reservationView(fleet: Fleet, id: string, instances: readonly Instance[]): { [name: string]: XmlNode } {
  return {
    reservationId: id,
    ownerId: fleet.ownerId,
    groupSet: [],
    instancesSet: instances.map((instance) => instanceView(fleet, instance)),
  };
}

/** One member of `instancesSet`, in the order of the API reference's type Instance where that has one. */
export function instanceView(fleet: Fleet, instance: Instance): XmlNode {
  const { launch } = instance;
  const hasAddress = instance.state === 'running' || instance.state === 'stopping';
  const placed = instance.state !== 'terminated';
  const groups = launch.securityGroupIds.length > 0 ? launch.securityGroupIds : [network.groupId];
  return {
    instanceId: instance.id,
    imageId: launch.imageId,
    instanceState: stateView(instance.state),
    privateDnsName: placed ? `ip-${instance.privateIp.replaceAll('.', '-')}.ec2.internal` : '',
    dnsName: hasAddress ? 'localhost' : '',
    reason: instance.stateReason?.message.replace(/^[\w.]+: /, '') ?? '',
    keyName: launch.keyName,
    amiLaunchIndex: instance.launchIndex,
    productCodes: [],
    instanceType: launch.type.name,
    launchTime: new Date(instance.launchTime),
    placement: { availabilityZone: fleet.availabilityZone, groupName: '', tenancy: 'default' },
    monitoring: { state: 'disabled' },
    subnetId: placed ? network.subnetId : undefined,
    vpcId: placed ? network.vpcId : undefined,
    privateIpAddress: placed ? instance.privateIp : undefined,
    // Instances are processes of this machine, so that is where they are reached.
    ipAddress: hasAddress ? '127.0.0.1' : undefined,
    sourceDestCheck: true,
    groupSet: groups.map((groupId) => ({
      groupId,
      groupName: groupId === network.groupId ? network.groupName : groupId,
    })),
    stateReason: instance.stateReason === undefined ? undefined : { ...instance.stateReason },
    architecture: launch.type.architecture,
    rootDeviceType: 'ebs',
    rootDeviceName: '/dev/xvda',
    blockDeviceMapping: [],
    virtualizationType: 'hvm',
    clientToken: launch.clientToken ?? '',
    tagSet: tagsView(instance.tags),
    hypervisor: 'xen',
    instanceLifecycle: launch.spot ? 'spot' : undefined,
    networkInterfaceSet: [],
    iamInstanceProfile:
      launch.instanceProfileArn === undefined
        ? undefined
        : { arn: launch.instanceProfileArn, id: 'AIPA00000000000000000' },
    ebsOptimized: false,
    enaSupport: true,
    cpuOptions: { coreCount: Math.max(1, launch.type.vcpus / 2), threadsPerCore: launch.type.vcpus > 1 ? 2 : 1 },
    capacityReservationSpecification: { capacityReservationPreference: 'open' },
    metadataOptions: { state: 'applied', httpTokens: 'required', httpPutResponseHopLimit: 2, httpEndpoint: 'enabled' },
  };
}
