import { S3Client } from '@aws-sdk/client-s3';
import type { Clients } from '../../src/clients.ts';
import { VirtualClock } from './virtual-clock.ts';

type Input = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any
interface FakeInstance {
  id: string;
  tags: { Key: string; Value: string }[];
  state: string;
  type: string;
  launched: number;
  onlineAt: number;
}
interface FakeCommand {
  id: string;
  ids: string[];
  comment: string;
  lines: string[];
  status: string;
}

/** How long things take here, in virtual milliseconds. */
export const TIMES = { pending: 8_000, stopping: 20_000, shuttingDown: 9_000, online: 15_000 };

/**
 * A cloud as far as this package sees it, on virtual time. Calls are answered as AWS answers; `fail` makes the next
 * calls of an action fail, `calls` counts them all.
 */
export class FakeCloud {
  readonly clock = new VirtualClock();
  readonly instances = new Map<string, FakeInstance>();
  readonly queues = new Map<string, Record<string, string>>();
  readonly buckets = new Map<string, Map<string, Uint8Array>>();
  readonly commands: FakeCommand[] = [];
  readonly calls: { action: string; input: Input }[] = [];
  readonly failures = new Map<string, unknown[]>();
  /** Instances whose agent never reports in. */
  deaf = new Set<string>();
  times = { ...TIMES };
  #serial = 0;

  readonly clients: Clients = this.#clients();

  fail(action: string, ...errors: unknown[]): void {
    this.failures.set(action, [...(this.failures.get(action) ?? []), ...errors]);
  }

  count(action: string): number {
    return this.calls.filter((call) => call.action === action).length;
  }

  /** An instance that exists already. */
  add(role: 'Master' | 'Worker', state: string, cluster = 'default'): string {
    return this.#create(
      [
        { Key: 'Name', Value: role },
        { Key: 'tessera:cluster', Value: cluster },
      ],
      't3.micro',
      state,
    );
  }

  #clients(): Clients {
    const send = async (command: { constructor: { name: string }; input: Input }) => {
      const action = command.constructor.name.replace(/Command$/, '');
      this.calls.push({ action, input: command.input });
      const failure = this.failures.get(action)?.shift();
      if (failure !== undefined) throw failure;
      const answer = this.#actions[action];
      if (answer === undefined) throw awsError('InvalidAction', `the fake has no ${action}`);
      return { $metadata: {}, ...answer(command.input) };
    };
    const fake = { send, config: { region: async () => 'us-east-1' } };
    const s3 = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'AKIA', secretAccessKey: 'secret' } });
    Object.assign(s3, { send });
    return { ec2: fake, ssm: fake, sqs: fake, logs: fake, s3 } as unknown as Clients;
  }

  #create(tags: FakeInstance['tags'], type: string, state: string): string {
    const id = `i-${String(++this.#serial).padStart(17, '0')}`;
    const now = this.clock.now();
    this.instances.set(id, { id, tags, state, type, launched: now + this.#serial, onlineAt: now });
    if (state === 'pending') this.#start(id);
    if (state === 'stopping') this.clock.after(this.times.stopping, () => this.#set(id, 'stopped'));
    return id;
  }

  #start(id: string): void {
    this.#set(id, 'pending');
    this.instances.get(id)!.onlineAt = this.clock.now() + this.times.pending + this.times.online;
    this.clock.after(this.times.pending, () => this.instances.get(id)!.state === 'pending' && this.#set(id, 'running'));
  }

  #set(id: string, state: string): void {
    this.instances.get(id)!.state = state;
  }

  #online(id: string): boolean {
    const found = this.instances.get(id);
    return found?.state === 'running' && found.onlineAt <= this.clock.now() && !this.deaf.has(id);
  }

  #queueOf(url: string): Record<string, string> {
    const found = this.queues.get(url.split('/').at(-1)!);
    if (found === undefined) throw awsError('QueueDoesNotExist', 'no such queue');
    return found;
  }

  readonly #actions: Record<string, (input: Input) => object> = {
    GetParameter: () => ({ Parameter: { Value: 'ami-0123456789abcdef0' } }),
    DescribeInstances: ({ Filters }) => {
      const matches = (info: FakeInstance) =>
        (Filters as { Name: string; Values: string[] }[]).every(({ Name, Values }) => {
          if (Name === 'instance-state-name') return Values.includes(info.state);
          if (Name === 'instance-id') return Values.includes(info.id);
          return info.tags.some(({ Key, Value }) => `tag:${Key}` === Name && Values.includes(Value));
        });
      return {
        Reservations: [...this.instances.values()].filter(matches).map((info) => ({ Instances: [record(info)] })),
      };
    },
    RunInstances: ({ MaxCount, InstanceType, TagSpecifications }) => {
      const tags = TagSpecifications[0].Tags as FakeInstance['tags'];
      const ids = Array.from({ length: MaxCount }, () => this.#create(tags, InstanceType, 'pending'));
      return { Instances: ids.map((id) => record(this.instances.get(id)!)) };
    },
    StartInstances: ({ InstanceIds }) => {
      for (const id of InstanceIds) {
        if (this.instances.get(id)!.state !== 'stopped')
          throw awsError('IncorrectInstanceState', `${id} is not stopped`);
        this.#start(id);
      }
      return {};
    },
    StopInstances: ({ InstanceIds }) => {
      for (const id of InstanceIds) {
        if (this.instances.get(id)!.state !== 'running')
          throw awsError('IncorrectInstanceState', `${id} is not running`);
        this.#set(id, 'stopping');
        this.clock.after(this.times.stopping, () => this.#set(id, 'stopped'));
      }
      return {};
    },
    TerminateInstances: ({ InstanceIds }) => {
      for (const id of InstanceIds) {
        this.#set(id, 'shutting-down');
        this.clock.after(this.times.shuttingDown, () => this.#set(id, 'terminated'));
      }
      return {};
    },
    DescribeInstanceInformation: ({ Filters }) => ({
      InstanceInformationList: (Filters[0].Values as string[])
        .filter((id) => this.#online(id))
        .map((id) => ({ InstanceId: id, PingStatus: 'Online' })),
    }),
    SendCommand: ({ InstanceIds, Comment, Parameters }) => {
      if (InstanceIds.length > 50) throw awsError('ValidationException', 'at most 50 instance ids');
      if (!(InstanceIds as string[]).every((id) => this.#online(id))) throw awsError('InvalidInstanceId', 'not online');
      const id = `command-${this.commands.length + 1}`;
      this.commands.push({ id, ids: InstanceIds, comment: Comment, lines: Parameters.commands, status: 'InProgress' });
      return { Command: { CommandId: id } };
    },
    ListCommandInvocations: ({ Filters }) => ({
      CommandInvocations: this.commands
        .filter(({ status }) => status === Filters[0].value)
        .flatMap(({ id, ids, comment, status }) =>
          ids.map((InstanceId) => ({ CommandId: id, InstanceId, Comment: comment, Status: status })),
        ),
    }),
    GetQueueUrl: ({ QueueName }) => {
      this.#queueOf(QueueName);
      return { QueueUrl: `https://sqs/1/${QueueName}` };
    },
    CreateQueue: ({ QueueName, Attributes }) => {
      this.queues.set(QueueName, { ...Attributes, QueueArn: `arn:aws:sqs:us-east-1:1:${QueueName}` });
      return { QueueUrl: `https://sqs/1/${QueueName}` };
    },
    GetQueueAttributes: ({ QueueUrl }) => ({ Attributes: this.#queueOf(QueueUrl) }),
    SetQueueAttributes: ({ QueueUrl, Attributes }) => {
      Object.assign(this.#queueOf(QueueUrl), Attributes);
      return {};
    },
    DeleteQueue: ({ QueueUrl }) => {
      this.#queueOf(QueueUrl);
      this.queues.delete(QueueUrl.split('/').at(-1)!);
      return {};
    },
    ListBuckets: () => ({ Buckets: [...this.buckets.keys()].map((Name) => ({ Name })) }),
    CreateBucket: ({ Bucket }) => {
      this.buckets.set(Bucket, new Map());
      return {};
    },
    PutPublicAccessBlock: () => ({}),
    PutBucketLifecycleConfiguration: () => ({}),
    HeadObject: ({ Bucket, Key }) => {
      if (!this.buckets.get(Bucket)?.has(Key)) throw awsError('NotFound', 'UnknownError', 404);
      return {};
    },
    PutObject: ({ Bucket, Key, Body, IfNoneMatch }) => {
      const objects = this.buckets.get(Bucket)!;
      if (IfNoneMatch === '*' && objects.has(Key)) throw awsError('PreconditionFailed', 'exists', 412);
      objects.set(Key, Body);
      return {};
    },
    ListObjectsV2: ({ Bucket, MaxKeys }) => {
      const objects = this.buckets.get(Bucket);
      if (objects === undefined) throw awsError('NoSuchBucket', 'gone', 404);
      return { Contents: [...objects.keys()].slice(0, MaxKeys).map((Key) => ({ Key })) };
    },
    DeleteObjects: ({ Bucket, Delete }) => {
      for (const { Key } of Delete.Objects) this.buckets.get(Bucket)!.delete(Key);
      return {};
    },
    DeleteBucket: ({ Bucket }) => {
      this.buckets.delete(Bucket);
      return {};
    },
  };
}

/** An error as the SDK throws it. */
export function awsError(name: string, message: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(message), { name, $metadata: { httpStatusCode } });
}

function record(info: FakeInstance) {
  return {
    InstanceId: info.id,
    InstanceType: info.type,
    State: { Name: info.state },
    Tags: info.tags,
    LaunchTime: new Date(info.launched),
  };
}
