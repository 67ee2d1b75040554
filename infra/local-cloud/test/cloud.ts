import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { EC2Client, RunInstancesCommand } from '@aws-sdk/client-ec2';
import type { RunInstancesCommandInput } from '@aws-sdk/client-ec2';
import { S3Client } from '@aws-sdk/client-s3';
import { SQSClient } from '@aws-sdk/client-sqs';
import {
  DescribeInstanceInformationCommand,
  GetCommandInvocationCommand,
  SendCommandCommand,
  SSMClient,
} from '@aws-sdk/client-ssm';
import type { GetCommandInvocationCommandOutput, SendCommandCommandInput } from '@aws-sdk/client-ssm';
import { onTestFinished } from 'vitest';
import { startLocalCloud } from '../src/index.ts';
import type { LocalCloud, LocalCloudOptions } from '../src/index.ts';

/** A directory of its own for a test, gone afterwards. */
export function scratch(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'tessera-cloud-test-')));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export type Connection = Pick<LocalCloud, 'endpoint' | 'region' | 'accessKeyId' | 'secretAccessKey'>;

export type Clients = ReturnType<typeof clientsFor>;

/** The real SDK's clients, pointed at a cloud. */
export function clientsFor({ endpoint, region, accessKeyId, secretAccessKey }: Connection) {
  const config = { endpoint, region, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 };
  const clients = {
    ec2: new EC2Client(config),
    ssm: new SSMClient(config),
    sqs: new SQSClient(config),
    s3: new S3Client(config),
    logs: new CloudWatchLogsClient(config),
  };
  onTestFinished(() => Object.values(clients).forEach((client) => client.destroy()));
  return clients;
}

/** A cloud in this process and clients for it; both end with the test, which fails if the directory stays. */
export async function cloudForTest(options: Partial<LocalCloudOptions> = {}) {
  const stateDir = join(scratch(), 'state');
  const complaints: string[] = [];
  const cloud = await startLocalCloud({ stateDir, log: (message) => complaints.push(message), ...options });
  onTestFinished(async () => {
    await cloud.close();
    if (existsSync(stateDir)) throw new Error(`${stateDir} was left behind`);
    if (complaints.length > 0) throw new Error(`the cloud complained: ${complaints.join('\n')}`);
  });
  return { cloud, stateDir, complaints, ...clientsFor(cloud) };
}

/** Looks again and again until `look` answers something, for ten seconds at most. */
export async function eventually<T>(look: () => Promise<T | undefined> | T | undefined, what: string): Promise<T> {
  for (const giveUp = Date.now() + 10_000; Date.now() < giveUp;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    await sleep(5);
  }
  throw new Error(`waited in vain until ${what}`);
}

export const launch = { ImageId: 'ami-0b0dcb5067f052a63', InstanceType: 't2.micro', MinCount: 1, MaxCount: 1 } as const;

/** Runs instances and waits until their agents answer. */
export async function onlineInstances(
  { ec2, ssm }: Pick<Clients, 'ec2' | 'ssm'>,
  request: Partial<RunInstancesCommandInput> = {},
): Promise<string[]> {
  const { Instances } = await ec2.send(new RunInstancesCommand({ ...launch, ...request }));
  const ids = Instances!.map(({ InstanceId }) => InstanceId!);
  await online({ ssm }, ids);
  return ids;
}

export async function online({ ssm }: Pick<Clients, 'ssm'>, ids: string[]): Promise<void> {
  await eventually(
    async () => {
      const { InstanceInformationList } = await ssm.send(
        new DescribeInstanceInformationCommand({ Filters: [{ Key: 'InstanceIds', Values: ids }] }),
      );
      return (
        InstanceInformationList!.filter(({ PingStatus }) => PingStatus === 'Online').length === ids.length || undefined
      );
    },
    `${ids.join(', ')} are online`,
  );
}

export async function send(
  { ssm }: Pick<Clients, 'ssm'>,
  id: string,
  commands: string[],
  more: Partial<SendCommandCommandInput> = {},
): Promise<string> {
  const { Command } = await ssm.send(
    new SendCommandCommand({
      DocumentName: 'AWS-RunShellScript',
      InstanceIds: [id],
      Parameters: { commands },
      ...more,
    }),
  );
  return Command!.CommandId!;
}

const open = new Set(['Pending', 'InProgress', 'Cancelling', 'Delayed']);

export async function finished(
  { ssm }: Pick<Clients, 'ssm'>,
  commandId: string,
  instanceId: string,
): Promise<GetCommandInvocationCommandOutput> {
  return eventually(async () => {
    try {
      const found = await ssm.send(new GetCommandInvocationCommand({ CommandId: commandId, InstanceId: instanceId }));
      return open.has(found.Status!) ? undefined : found;
    } catch (error) {
      if ((error as Error).name === 'InvocationDoesNotExist') return undefined;
      throw error;
    }
  }, `command ${commandId} ends`);
}

/** Runs a script on an instance to its end. */
export async function runOn(
  clients: Pick<Clients, 'ssm'>,
  id: string,
  ...commands: string[]
): Promise<GetCommandInvocationCommandOutput> {
  return finished(clients, await send(clients, id, commands), id);
}
