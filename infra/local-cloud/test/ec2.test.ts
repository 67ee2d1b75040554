import { existsSync } from 'node:fs';
import { join } from 'node:path';
import {
  CreateTagsCommand,
  DeleteTagsCommand,
  DescribeImagesCommand,
  DescribeInstanceStatusCommand,
  DescribeInstancesCommand,
  DescribeInstanceTypesCommand,
  DescribeKeyPairsCommand,
  DescribeRegionsCommand,
  DescribeSecurityGroupsCommand,
  DescribeSubnetsCommand,
  DescribeTagsCommand,
  DescribeVpcsCommand,
  RebootInstancesCommand,
  RunInstancesCommand,
  StartInstancesCommand,
  StopInstancesCommand,
  TerminateInstancesCommand,
  paginateDescribeInstances,
  waitUntilInstanceRunning,
  waitUntilInstanceStopped,
  waitUntilInstanceTerminated,
} from '@aws-sdk/client-ec2';
import type { EC2Client, Instance } from '@aws-sdk/client-ec2';
import { describe, expect, test } from 'vitest';
import { cloudForTest, eventually, launch, online, onlineInstances, runOn, send } from './cloud.ts';
import { pidsIn } from './pids.ts';
import { ManualClock } from './manual-clock.ts';

const tagged = (...tags: [string, string][]) => [
  { ResourceType: 'instance' as const, Tags: tags.map(([Key, Value]) => ({ Key, Value })) },
];

async function describeAll(ec2: EC2Client, ids: string[]): Promise<Instance[]> {
  const { Reservations } = await ec2.send(new DescribeInstancesCommand({ InstanceIds: ids }));
  return Reservations!.flatMap(({ Instances }) => Instances!);
}

describe('RunInstances', () => {
  test('makes instances that the SDK waiters see running, with their tags, type and addresses', async () => {
    const { ec2 } = await cloudForTest();
    const { Instances, ReservationId } = await ec2.send(
      new RunInstancesCommand({
        ...launch,
        MaxCount: 3,
        KeyName: 'vockey',
        SecurityGroupIds: ['sg-01b1b10e44e254cde'],
        IamInstanceProfile: { Name: 'LabInstanceProfile' },
        TagSpecifications: tagged(['Name', 'Worker'], ['tessera:cluster', 'a <b> & "c"']),
      }),
    );
    expect(Instances!.map(({ State }) => State!.Name)).toEqual(['pending', 'pending', 'pending']);
    const ids = Instances!.map(({ InstanceId }) => InstanceId!);
    await waitUntilInstanceRunning(
      { client: ec2, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
      { InstanceIds: ids },
    );
    const [first, , third] = await describeAll(ec2, ids);
    expect(first).toMatchObject({
      InstanceId: ids[0],
      ImageId: launch.ImageId,
      InstanceType: 't2.micro',
      KeyName: 'vockey',
      PublicIpAddress: '127.0.0.1',
      State: { Code: 16, Name: 'running' },
      SecurityGroups: [{ GroupId: 'sg-01b1b10e44e254cde' }],
      IamInstanceProfile: { Arn: 'arn:aws:iam::000000000000:instance-profile/LabInstanceProfile' },
      Tags: [
        { Key: 'Name', Value: 'Worker' },
        { Key: 'tessera:cluster', Value: 'a <b> & "c"' },
      ],
    });
    expect(third!.AmiLaunchIndex).toBe(2);
    expect(ReservationId).toMatch(/^r-[0-9a-f]{17}$/);
  });

  test('answers a repeated client token with the same instances, and refuses it for another request', async () => {
    const { ec2 } = await cloudForTest();
    const request = { ...launch, ClientToken: 'once' };
    const first = await ec2.send(new RunInstancesCommand(request));
    const second = await ec2.send(new RunInstancesCommand(request));
    expect(second.Instances!.map(({ InstanceId }) => InstanceId)).toEqual(
      first.Instances!.map(({ InstanceId }) => InstanceId),
    );
    await expect(ec2.send(new RunInstancesCommand({ ...request, MaxCount: 2 }))).rejects.toMatchObject({
      name: 'IdempotentParameterMismatch',
    });
  });

  test.each([
    ['an image id of no form', { ImageId: 'debian' }, 'InvalidAMIID.Malformed'],
    ['an unknown type', { InstanceType: 'x9.huge' as never }, 'InvalidParameterValue'],
    ['a count of zero', { MinCount: 0 }, 'InvalidParameterValue'],
    ['a maximum below the minimum', { MinCount: 2 }, 'InvalidParameterValue'],
    ['a reserved tag', { TagSpecifications: tagged(['aws:x', 'y']) }, 'InvalidParameterValue'],
    ['a dry run', { DryRun: true }, 'DryRunOperation'],
  ])('refuses %s and starts nothing', async (_, change, name) => {
    const { ec2 } = await cloudForTest();
    await expect(ec2.send(new RunInstancesCommand({ ...launch, ...change }))).rejects.toMatchObject({ name });
    const { Reservations } = await ec2.send(new DescribeInstancesCommand({}));
    expect(Reservations).toEqual([]);
  });

  test('takes the image from a public SSM parameter', async () => {
    const { ec2 } = await cloudForTest();
    const ImageId = 'resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    const { Instances } = await ec2.send(new RunInstancesCommand({ ...launch, ImageId }));
    const { Images } = await ec2.send(new DescribeImagesCommand({ ImageIds: [Instances![0]!.ImageId!] }));
    expect(Images![0]).toMatchObject({ Name: 'al2023-ami-2023-kernel-default-x86_64', Architecture: 'x86_64' });
  });

  test('runs the user data once, by the interpreter that it names, in the directory of the instance', async () => {
    const cloud = await cloudForTest();
    const UserData = Buffer.from('#!/bin/sh\necho "$TESSERA_INSTANCE_ID in $PWD" >> booted\n').toString('base64');
    const [id] = await onlineInstances(cloud, { UserData });
    const directory = join(cloud.stateDir, 'instances', id!);
    await eventually(() => existsSync(join(directory, 'booted')) || undefined, 'the user data has run');
    await cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id!] }));
    await waitUntilInstanceStopped(
      { client: cloud.ec2, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
      { InstanceIds: [id!] },
    );
    await cloud.ec2.send(new StartInstancesCommand({ InstanceIds: [id!] }));
    await online(cloud, [id!]);
    const { StandardOutputContent } = await runOn(cloud, id!, 'cat booted');
    expect(StandardOutputContent).toBe(`${id} in ${directory}\n`);
  });
});

describe('an instance that switches itself off', () => {
  const ends = (ec2: EC2Client, id: string, state: string) =>
    eventually(async () => {
      const [found] = await describeAll(ec2, [id]);
      return found!.State!.Name === state ? found!.StateReason!.Code : undefined;
    }, `${id} is ${state}`);

  test('is stopped or terminated as its launch said, and the machine that it runs on is left alone', async () => {
    const cloud = await cloudForTest();
    const [kept] = await onlineInstances(cloud);
    const [spent] = await onlineInstances(cloud, { InstanceInitiatedShutdownBehavior: 'terminate' });
    for (const name of ['shutdown', 'poweroff', 'halt', 'reboot']) {
      const { StandardOutputContent } = await runOn(cloud, kept!, `command -v ${name}`);
      expect(StandardOutputContent).toBe(`${join(cloud.stateDir, 'bin', name)}\n`);
    }
    await Promise.all([send(cloud, kept!, ['shutdown -h now']), send(cloud, spent!, ['poweroff'])]);
    expect(await ends(cloud.ec2, kept!, 'stopped')).toBe('Client.InstanceInitiatedShutdown');
    expect(await ends(cloud.ec2, spent!, 'terminated')).toBe('Client.InstanceInitiatedShutdown');
  });

  test('comes back after a reboot, and runs a boothook at every boot', async () => {
    const cloud = await cloudForTest();
    const UserData = Buffer.from('#cloud-boothook\n#!/bin/sh\necho boot >> boots\n').toString('base64');
    const [id] = await onlineInstances(cloud, { UserData });
    const boots = () => pidsIn(join(cloud.stateDir, 'instances', id!, 'boots')).length;
    await eventually(() => boots() === 1 || undefined, 'it has booted once');
    await send(cloud, id!, ['shutdown -r now']);
    await eventually(() => boots() === 2 || undefined, 'it has booted twice');
    await online(cloud, [id!]);
  });
});

describe('the state machine', () => {
  test('goes from pending to running and online by the clock alone', async () => {
    const clock = new ManualClock();
    const { ec2 } = await cloudForTest({
      clock,
      stateDelaysMs: { pending: 1000, online: 1000, stopping: 1000, shuttingDown: 1000 },
    });
    const { Instances } = await ec2.send(new RunInstancesCommand(launch));
    const ids = [Instances![0]!.InstanceId!];
    const state = async (): Promise<string> => (await describeAll(ec2, ids))[0]!.State!.Name!;
    const reaches = (name: string) =>
      eventually(async () => ((await state()) === name ? true : undefined), `the instance is ${name}`);
    expect(await state()).toBe('pending');
    clock.advance(999);
    expect(await state()).toBe('pending');
    clock.advance(1);
    await reaches('running');
    await ec2.send(new StopInstancesCommand({ InstanceIds: ids }));
    expect(await state()).toBe('stopping');
    await expect(ec2.send(new StartInstancesCommand({ InstanceIds: ids }))).rejects.toMatchObject({
      name: 'IncorrectInstanceState',
    });
    clock.advance(1000);
    await reaches('stopped');
    const { TerminatingInstances } = await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
    expect(TerminatingInstances![0]).toMatchObject({
      PreviousState: { Name: 'stopped' },
      CurrentState: { Name: 'shutting-down' },
    });
    clock.advance(1000);
    await reaches('terminated');
  });

  test('stops, starts, reboots and terminates; each change is reported with the state before', async () => {
    const cloud = await cloudForTest();
    const { ec2 } = cloud;
    const ids = await onlineInstances(cloud);
    const waiter = { client: ec2, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 };
    const { StoppingInstances } = await ec2.send(new StopInstancesCommand({ InstanceIds: ids }));
    expect(StoppingInstances![0]).toMatchObject({
      PreviousState: { Name: 'running' },
      CurrentState: { Name: 'stopping' },
    });
    await waitUntilInstanceStopped(waiter, { InstanceIds: ids });
    expect((await describeAll(ec2, ids))[0]!.PublicIpAddress).toBeUndefined();
    const { StartingInstances } = await ec2.send(new StartInstancesCommand({ InstanceIds: ids }));
    expect(StartingInstances![0]).toMatchObject({
      PreviousState: { Name: 'stopped' },
      CurrentState: { Name: 'pending' },
    });
    await online(cloud, ids);
    await ec2.send(new RebootInstancesCommand({ InstanceIds: ids }));
    await online(cloud, ids);
    await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
    await waitUntilInstanceTerminated(waiter, { InstanceIds: ids });
    await expect(ec2.send(new StartInstancesCommand({ InstanceIds: ids }))).rejects.toMatchObject({
      name: 'IncorrectInstanceState',
    });
    const again = await ec2.send(new TerminateInstancesCommand({ InstanceIds: ids }));
    expect(again.TerminatingInstances![0]).toMatchObject({
      PreviousState: { Name: 'terminated' },
      CurrentState: { Name: 'terminated' },
    });
    expect(existsSync(join(cloud.stateDir, 'instances', ids[0]!))).toBe(false);
  });

  test('names ids that are malformed or unknown, and changes nothing then', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    await expect(cloud.ec2.send(new StopInstancesCommand({ InstanceIds: ['i-xyz'] }))).rejects.toMatchObject({
      name: 'InvalidInstanceID.Malformed',
    });
    const unknown = 'i-0123456789abcdef0';
    await expect(cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id!, unknown] }))).rejects.toMatchObject({
      name: 'InvalidInstanceID.NotFound',
      message: `The instance ID '${unknown}' does not exist`,
    });
    expect((await describeAll(cloud.ec2, [id!]))[0]!.State!.Name).toBe('running');
  });
});

describe('DescribeInstances', () => {
  test('filters by tags, state, type and wildcards: all filters must match, of their values any', async () => {
    const cloud = await cloudForTest();
    const [master] = await onlineInstances(cloud, {
      InstanceType: 't3a.large',
      TagSpecifications: tagged(['Name', 'Master']),
    });
    const workers = await onlineInstances(cloud, {
      MaxCount: 2,
      TagSpecifications: tagged(['Name', 'Worker'], ['spare', '']),
    });
    const found = async (...Filters: { Name: string; Values: string[] }[]) => {
      const { Reservations } = await cloud.ec2.send(new DescribeInstancesCommand({ Filters }));
      return Reservations!.flatMap(({ Instances }) => Instances!.map(({ InstanceId }) => InstanceId!)).sort();
    };
    const running = { Name: 'instance-state-name', Values: ['pending', 'running'] };
    expect(await found({ Name: 'tag:Name', Values: ['Worker'] }, running)).toEqual(workers.toSorted());
    expect(await found({ Name: 'tag:Name', Values: ['*er'] })).toEqual([master!, ...workers].toSorted());
    expect(await found({ Name: 'tag:Name', Values: ['W?rker', 'nobody'] })).toEqual(workers.toSorted());
    expect(await found({ Name: 'tag-key', Values: ['spare'] })).toEqual(workers.toSorted());
    expect(await found({ Name: 'instance-type', Values: ['t3a.*'] })).toEqual([master]);
    expect(
      await found({ Name: 'instance-id', Values: [workers[0]!] }, { Name: 'tag:Name', Values: ['Master'] }),
    ).toEqual([]);
    expect(await found({ Name: 'instance-state-name', Values: ['stopped'] })).toEqual([]);
    await expect(found({ Name: 'tag', Values: ['x'] })).rejects.toMatchObject({
      name: 'InvalidParameterValue',
      message: "The filter 'tag' is invalid",
    });
  });

  test('pages through many instances without losing or repeating one', async () => {
    const { ec2 } = await cloudForTest();
    const { Instances } = await ec2.send(new RunInstancesCommand({ ...launch, MaxCount: 12 }));
    const seen: string[] = [];
    let pages = 0;
    for await (const page of paginateDescribeInstances({ client: ec2, pageSize: 5 }, {})) {
      pages++;
      seen.push(
        ...page.Reservations!.flatMap((reservation) => reservation.Instances!.map(({ InstanceId }) => InstanceId!)),
      );
    }
    expect(pages).toBe(3);
    expect(seen).toEqual(Instances!.map(({ InstanceId }) => InstanceId));
    await expect(ec2.send(new DescribeInstancesCommand({ MaxResults: 5, NextToken: 'forged' }))).rejects.toMatchObject({
      name: 'InvalidNextToken',
    });
    await expect(ec2.send(new DescribeInstancesCommand({ MaxResults: 4 }))).rejects.toMatchObject({
      name: 'InvalidParameterValue',
    });
  });
});

describe('tags', () => {
  test('are created, replaced, listed and deleted, by value only where it is given', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud, { TagSpecifications: tagged(['Name', 'Worker']) });
    const Resources = [id!];
    await cloud.ec2.send(
      new CreateTagsCommand({
        Resources,
        Tags: [
          { Key: 'Name', Value: 'Master' },
          { Key: 'b', Value: '1' },
        ],
      }),
    );
    await cloud.ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'b', Value: 'other' }] }));
    const list = async () =>
      (await cloud.ec2.send(new DescribeTagsCommand({ Filters: [{ Name: 'resource-id', Values: [id!] }] }))).Tags!;
    expect(await list()).toEqual([
      { ResourceId: id, ResourceType: 'instance', Key: 'Name', Value: 'Master' },
      { ResourceId: id, ResourceType: 'instance', Key: 'b', Value: '1' },
    ]);
    await cloud.ec2.send(new DeleteTagsCommand({ Resources, Tags: [{ Key: 'b' }] }));
    expect((await list()).map(({ Key }) => Key)).toEqual(['Name']);
    await cloud.ec2.send(new DeleteTagsCommand({ Resources }));
    expect(await list()).toEqual([]);
    const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }));
    await expect(cloud.ec2.send(new CreateTagsCommand({ Resources, Tags: Tags.slice(0, 50) }))).resolves.toBeDefined();
    await expect(cloud.ec2.send(new CreateTagsCommand({ Resources, Tags: Tags.slice(50) }))).rejects.toMatchObject({
      name: 'TagLimitExceeded',
    });
  });
});

describe('descriptions', () => {
  test('give vCPUs and memory of instance types', async () => {
    const { ec2 } = await cloudForTest();
    const { InstanceTypes } = await ec2.send(
      new DescribeInstanceTypesCommand({ InstanceTypes: ['t2.micro', 'c5.9xlarge', 'r5.large'] }),
    );
    expect(
      InstanceTypes!.map((type) => [type.InstanceType, type.VCpuInfo!.DefaultVCpus, type.MemoryInfo!.SizeInMiB]),
    ).toEqual([
      ['t2.micro', 1, 1024],
      ['c5.9xlarge', 36, 73_728],
      ['r5.large', 2, 16_384],
    ]);
    await expect(ec2.send(new DescribeInstanceTypesCommand({ InstanceTypes: ['x.y' as never] }))).rejects.toMatchObject(
      { name: 'InvalidInstanceType' },
    );
  });

  test('cover status, network, key pair and region as far as the provisioner asks for them', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const { InstanceStatuses } = await cloud.ec2.send(new DescribeInstanceStatusCommand({ InstanceIds: [id!] }));
    expect(InstanceStatuses![0]).toMatchObject({
      InstanceState: { Name: 'running' },
      InstanceStatus: { Status: 'ok' },
      SystemStatus: { Status: 'ok' },
    });
    expect((await cloud.ec2.send(new DescribeSecurityGroupsCommand({}))).SecurityGroups).toHaveLength(1);
    expect((await cloud.ec2.send(new DescribeVpcsCommand({}))).Vpcs![0]).toMatchObject({ IsDefault: true });
    expect((await cloud.ec2.send(new DescribeSubnetsCommand({}))).Subnets).toHaveLength(1);
    expect((await cloud.ec2.send(new DescribeKeyPairsCommand({}))).KeyPairs![0]!.KeyName).toBe('vockey');
    expect((await cloud.ec2.send(new DescribeRegionsCommand({}))).Regions![0]!.RegionName).toBe('us-east-1');
  });
});
