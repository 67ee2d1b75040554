import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { RunInstancesCommand, StopInstancesCommand, waitUntilInstanceStopped } from '@aws-sdk/client-ec2';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  GetParameterCommand,
  GetParametersCommand,
  ListCommandInvocationsCommand,
  ListCommandsCommand,
  SendCommandCommand,
  waitUntilCommandExecuted,
} from '@aws-sdk/client-ssm';
import { describe, expect, test } from 'vitest';
import { cloudForTest, eventually, finished, launch, onlineInstances, runOn, send } from './cloud.ts';
import { ManualClock } from './manual-clock.ts';

describe('SendCommand', () => {
  test('runs the commands as one script of sh: variables and cd last, a failure in the middle does not end it', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const done = await runOn(
      cloud,
      id!,
      'x=5',
      'mkdir d',
      'cd d',
      'false',
      'echo "$x in ${PWD##*/}"',
      'echo oops >&2',
      'exit 3',
    );
    expect(done).toMatchObject({
      Status: 'Failed',
      StatusDetails: 'Failed',
      ResponseCode: 3,
      StandardOutputContent: '5 in d\n',
      StandardErrorContent: 'oops\n',
      PluginName: 'aws:runShellScript',
    });
    expect(done.ExecutionElapsedTime).toMatch(/^PT[\d.]+S$/);
    expect(await runOn(cloud, id!, 'true')).toMatchObject({ Status: 'Success', ResponseCode: 0 });
    expect(await runOn(cloud, id!, '#!/bin/cat', 'honours the first line')).toMatchObject({
      StandardOutputContent: '#!/bin/cat\nhonours the first line\n',
    });
  });

  test('gives commands an environment made from nothing, with the credentials of their instance', async () => {
    const environment = {
      PATH: process.env['PATH'],
      SECRET: 'x',
      AWS_PROFILE: 'mine',
      OPENBLAS_CORETYPE: 'Haswell',
      TESSERA_NOTE: 'hi',
      UV_THREADPOOL_SIZE: '3',
    };
    const cloud = await cloudForTest({
      environment,
      nodePath: '/opt/some node/bin/node',
      cacheDir: '/somewhere/cache',
    });
    const [id] = await onlineInstances(cloud);
    const { StandardOutputContent } = await runOn(cloud, id!, 'env');
    const found = Object.fromEntries(
      StandardOutputContent!
        .trimEnd()
        .split('\n')
        .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
    const home = join(cloud.stateDir, 'instances', id!);
    expect(found).toMatchObject({
      HOME: home,
      PWD: home,
      TMPDIR: join(home, 'tmp'),
      XDG_CACHE_HOME: '/somewhere/cache',
      AWS_ENDPOINT_URL: cloud.cloud.endpoint,
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      TESSERA_INSTANCE_ID: id,
      OPENBLAS_CORETYPE: 'Haswell',
      TESSERA_NOTE: 'hi',
      UV_THREADPOOL_SIZE: '3',
    });
    expect(found['PATH']!.startsWith(`${join(cloud.stateDir, 'bin')}:/opt/some node/bin:`)).toBe(true);
    expect(found['AWS_ACCESS_KEY_ID']).not.toBe(cloud.cloud.accessKeyId);
    expect(Object.keys(found).sort()).toEqual(
      `AWS_ACCESS_KEY_ID AWS_DEFAULT_REGION AWS_EC2_METADATA_SERVICE_ENDPOINT AWS_ENDPOINT_URL AWS_REGION AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN
      HOME LANG OPENBLAS_CORETYPE PATH PWD TESSERA_CLOUD_DIR TESSERA_INSTANCE_ID TESSERA_NOTE TMPDIR UV_THREADPOOL_SIZE XDG_CACHE_HOME`.split(
        /\s+/,
      ),
    );
  });

  test('sends to many instances by tag and counts them', async () => {
    const cloud = await cloudForTest();
    const TagSpecifications = [{ ResourceType: 'instance' as const, Tags: [{ Key: 'Name', Value: 'Worker' }] }];
    const workers = await onlineInstances(cloud, { MaxCount: 3, TagSpecifications });
    await onlineInstances(cloud);
    const { Command } = await cloud.ssm.send(
      new SendCommandCommand({
        DocumentName: 'AWS-RunShellScript',
        Targets: [{ Key: 'tag:Name', Values: ['Worker'] }],
        Parameters: { commands: ['echo $TESSERA_INSTANCE_ID'] },
      }),
    );
    const CommandId = Command!.CommandId!;
    for (const id of workers) expect((await finished(cloud, CommandId, id)).StandardOutputContent).toBe(`${id}\n`);
    const { Commands } = await cloud.ssm.send(new ListCommandsCommand({ CommandId }));
    expect(Commands![0]).toMatchObject({ Status: 'Success', TargetCount: 3, CompletedCount: 3, ErrorCount: 0 });
    const { CommandInvocations } = await cloud.ssm.send(
      new ListCommandInvocationsCommand({ CommandId, Details: true }),
    );
    expect(CommandInvocations!.map(({ InstanceId }) => InstanceId).sort()).toEqual(workers.toSorted());
    expect(CommandInvocations![0]!.CommandPlugins![0]).toMatchObject({
      Name: 'aws:runShellScript',
      Status: 'Success',
      ResponseCode: 0,
    });
    expect(CommandInvocations![0]!.RequestedDateTime).toBeInstanceOf(Date);
  });

  test('works with the waiter of the SDK', async () => {
    const cloud = await cloudForTest();
    const [InstanceId] = await onlineInstances(cloud);
    const CommandId = await send(cloud, InstanceId!, ['echo done']);
    const { state } = await waitUntilCommandExecuted(
      { client: cloud.ssm, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
      { CommandId, InstanceId },
    );
    expect(state).toBe('SUCCESS');
  });

  test.each([
    [
      'more than 50 ids',
      { InstanceIds: Array.from({ length: 51 }, (_, index) => `i-${String(index).padStart(17, '0')}`) },
      'ValidationException',
    ],
    ['an instance that nobody knows', { InstanceIds: ['i-0123456789abcdef0'] }, 'InvalidInstanceId'],
    ['another document', { DocumentName: 'AWS-RunPowerShellScript' }, 'InvalidDocument'],
    ['no commands', { Parameters: {} }, 'InvalidParameters'],
    ['a parameter of another document', { Parameters: { commands: ['x'], sourceType: ['S3'] } }, 'InvalidParameters'],
    [
      'a time limit that is no number',
      { Parameters: { commands: ['x'], executionTimeout: ['soon'] } },
      'InvalidParameters',
    ],
  ])('refuses %s', async (_, change, name) => {
    const cloud = await cloudForTest();
    const InstanceIds = await onlineInstances(cloud);
    const request = { DocumentName: 'AWS-RunShellScript', InstanceIds, Parameters: { commands: ['true'] }, ...change };
    await expect(cloud.ssm.send(new SendCommandCommand(request))).rejects.toMatchObject({ name });
  });

  test('ends a command that takes too long', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const commandId = await send(cloud, id!, [], {
      Parameters: { commands: ['echo begun', 'sleep 600'], executionTimeout: ['1'] },
    });
    expect(await finished(cloud, commandId, id!)).toMatchObject({
      Status: 'TimedOut',
      StatusDetails: 'ExecutionTimedOut',
      ResponseCode: 137,
      StandardOutputContent: 'begun\n',
    });
  });

  test('runs in the working directory that is given, and says what is wrong with it', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    mkdirSync(join(cloud.stateDir, 'instances', id!, 'sub'));
    const run = async (directory: string) =>
      finished(
        cloud,
        await send(cloud, id!, [], { Parameters: { commands: ['pwd'], workingDirectory: [directory] } }),
        id!,
      );
    expect((await run('sub')).StandardOutputContent).toBe(`${join(cloud.stateDir, 'instances', id!, 'sub')}\n`);
    expect((await run('/tmp')).StandardOutputContent).toBe('/tmp\n');
    const lost = await run('/nowhere');
    expect(lost).toMatchObject({ Status: 'Failed', ResponseCode: -1 });
    expect(lost.StandardErrorContent).toContain('failed to run commands');
  });
});

describe('GetCommandInvocation', () => {
  test('keeps the first 24,000 characters of an output, and the list 2,500', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    const CommandId = await send(cloud, id!, ['i=0; while [ $i -lt 4000 ]; do echo "zeile ä $i"; i=$((i+1)); done']);
    const { StandardOutputContent } = await finished(cloud, CommandId, id!);
    expect(StandardOutputContent).toHaveLength(24_000);
    expect(StandardOutputContent!.startsWith('zeile ä 0\nzeile ä 1\n')).toBe(true);
    expect(StandardOutputContent!.endsWith('---Output truncated---')).toBe(true);
    const { CommandInvocations } = await cloud.ssm.send(
      new ListCommandInvocationsCommand({ CommandId, Details: true }),
    );
    expect(CommandInvocations![0]!.CommandPlugins![0]!.Output).toHaveLength(2500);
  });

  test('knows no invocation before the agent has it, and none that never was', async () => {
    const clock = new ManualClock();
    const cloud = await cloudForTest({ clock, deliveryMs: 1000 });
    const { Instances } = await cloud.ec2.send(new RunInstancesCommand(launch));
    const InstanceId = Instances![0]!.InstanceId!;
    await expect(send(cloud, InstanceId, ['true'])).rejects.toMatchObject({ name: 'InvalidInstanceId' });
    clock.advance(5);
    const CommandId = await eventually(async () => {
      clock.advance(5);
      return send(cloud, InstanceId, ['true']).catch(() => undefined);
    }, 'the instance takes commands');
    await expect(cloud.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId }))).rejects.toMatchObject({
      name: 'InvocationDoesNotExist',
    });
    clock.advance(1000);
    expect(await finished(cloud, CommandId, InstanceId)).toMatchObject({ Status: 'Success' });
    await expect(
      cloud.ssm.send(new GetCommandInvocationCommand({ CommandId, InstanceId: 'i-0123456789abcdef0' })),
    ).rejects.toMatchObject({ name: 'InvocationDoesNotExist' });
  });

  test('reports the end of a script whose children go on', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    expect(await runOn(cloud, id!, 'sleep 600 &', 'echo left')).toMatchObject({
      Status: 'Success',
      StandardOutputContent: 'left\n',
    });
  });
});

describe('DescribeInstanceInformation', () => {
  test('lists an instance once its agent answers, and as lost when it is stopped', async () => {
    const cloud = await cloudForTest();
    const [id] = await onlineInstances(cloud);
    await cloud.ec2.send(new StopInstancesCommand({ InstanceIds: [id!] }));
    await waitUntilInstanceStopped(
      { client: cloud.ec2, maxWaitTime: 10, minDelay: 0.01, maxDelay: 0.05 },
      { InstanceIds: [id!] },
    );
    const { InstanceInformationList } = await cloud.ssm.send(new DescribeInstanceInformationCommand({}));
    expect(InstanceInformationList!.map(({ InstanceId, PingStatus }) => [InstanceId, PingStatus])).toEqual([
      [id, 'ConnectionLost'],
    ]);
    await expect(send(cloud, id!, ['true'])).rejects.toMatchObject({ name: 'InvalidInstanceId' });
  });
});

describe('public parameters', () => {
  test('name the Amazon Linux images', async () => {
    const { ssm } = await cloudForTest();
    const Name = '/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64';
    const { Parameter } = await ssm.send(new GetParameterCommand({ Name }));
    expect(Parameter!.Value).toMatch(/^ami-[0-9a-f]{17}$/);
    await expect(ssm.send(new GetParameterCommand({ Name: '/mine' }))).rejects.toMatchObject({
      name: 'ParameterNotFound',
    });
    expect(await ssm.send(new GetParametersCommand({ Names: [Name, '/mine'] }))).toMatchObject({
      Parameters: [{ Name }],
      InvalidParameters: ['/mine'],
    });
  });
});
