import {
  type ClusterName,
  deadLetterQueueName,
  type JobId,
  jobQueueName,
  MOST_DELIVERIES,
  resultQueueName,
} from '@tessera/protocol';
import type { QueueAttributeName } from '@aws-sdk/client-sqs';
import { awsCode } from './aws-code.ts';
import type { Clients } from './clients.ts';
import { callAws } from './retry.ts';
import { type World, worldOf } from './world.ts';

type Attributes = Partial<Record<QueueAttributeName, string>>;

const DAY = 86_400;

/** Work packages: a worker that dies gives its package back after a minute; workers at work extend it. */
const JOB_ATTRIBUTES: Attributes = {
  VisibilityTimeout: '60',
  MessageRetentionPeriod: String(4 * DAY),
  ReceiveMessageWaitTimeSeconds: '20',
};
/** Kept as long as SQS keeps anything, for people to look into. */
const DEAD_ATTRIBUTES: Attributes = { MessageRetentionPeriod: String(14 * DAY) };
const RESULT_ATTRIBUTES: Attributes = {
  VisibilityTimeout: '60',
  MessageRetentionPeriod: String(4 * DAY),
  ReceiveMessageWaitTimeSeconds: '20',
};

/** The queues of a fleet, and whether its job queue was there. A queue that lacks a setting gets it. */
export interface EnsuredQueues {
  readonly outcome: 'found' | 'created';
  readonly detail: string;
  readonly jobQueueUrl: string;
  readonly deadLetterQueueUrl: string;
}

/** Finds or makes the job queue and its dead-letter queue. A set-up that broke off between the two is completed. */
export async function ensureQueues(clients: Clients, world: World, cluster: ClusterName): Promise<EnsuredQueues> {
  const [name, deadName] = [jobQueueName(cluster), deadLetterQueueName(cluster)];
  const [found, foundDead] = await Promise.all([queueUrl(clients, world, name), queueUrl(clients, world, deadName)]);
  const deadLetterQueueUrl = foundDead ?? (await createQueue(clients, world, deadName, DEAD_ATTRIBUTES));
  const { QueueArn } = await attributesOf(clients, world, deadLetterQueueUrl, ['QueueArn']);
  const wanted: Attributes = {
    ...JOB_ATTRIBUTES,
    RedrivePolicy: JSON.stringify({ deadLetterTargetArn: QueueArn, maxReceiveCount: MOST_DELIVERIES }),
  };
  if (found === undefined) {
    const jobQueueUrl = await createQueue(clients, world, name, wanted);
    return { outcome: 'created', detail: `${name} with ${deadName}`, jobQueueUrl, deadLetterQueueUrl };
  }
  const mended = await mendQueue(clients, world, found, wanted);
  const detail = mended ? `${name}, settings mended` : name;
  return { outcome: 'found', detail, jobQueueUrl: found, deadLetterQueueUrl };
}

/** Makes the queue that a job's results go to, or finds it. @returns its URL */
export function createResultQueue(clients: Clients, jobId: JobId, world?: Partial<World>): Promise<string> {
  return createQueue(clients, worldOf(world), resultQueueName(jobId), RESULT_ATTRIBUTES);
}

/** Deletes a job's result queue, if there is one. */
export function deleteResultQueue(clients: Clients, jobId: JobId, world?: Partial<World>): Promise<void> {
  return deleteQueue(clients, worldOf(world), resultQueueName(jobId));
}

/** Deletes a fleet's queues, those that there are. */
export async function deleteQueues(clients: Clients, world: World, cluster: ClusterName): Promise<void> {
  // The job queue first: it refers to the other.
  await deleteQueue(clients, world, jobQueueName(cluster));
  await deleteQueue(clients, world, deadLetterQueueName(cluster));
}

/** A queue's load. */
export interface QueueDepth {
  readonly name: string;
  readonly waiting: number;
  readonly inFlight: number;
}

/** The load of a queue, about: SQS counts late. Undefined where there is no such queue. */
export async function queueDepth(clients: Clients, world: World, name: string): Promise<QueueDepth | undefined> {
  const url = await queueUrl(clients, world, name);
  if (url === undefined) return undefined;
  const found = await attributesOf(clients, world, url, [
    'ApproximateNumberOfMessages',
    'ApproximateNumberOfMessagesNotVisible',
  ]);
  return {
    name,
    waiting: Number(found.ApproximateNumberOfMessages ?? 0),
    inFlight: Number(found.ApproximateNumberOfMessagesNotVisible ?? 0),
  };
}

async function queueUrl({ sqs }: Clients, world: World, QueueName: string): Promise<string | undefined> {
  const { GetQueueUrlCommand } = await import('./aws/sqs.ts');
  try {
    const command = new GetQueueUrlCommand({ QueueName });
    return (await callAws(world, (send) => sqs.send(command, send))).QueueUrl;
  } catch (error) {
    if (GONE.has(awsCode(error))) return undefined;
    throw error;
  }
}

async function createQueue({ sqs }: Clients, world: World, name: string, attributes: Attributes): Promise<string> {
  const { CreateQueueCommand } = await import('./aws/sqs.ts');
  const command = new CreateQueueCommand({ QueueName: name, Attributes: attributes });
  return (await callAws(world, (send) => sqs.send(command, send))).QueueUrl!;
}

async function deleteQueue(clients: Clients, world: World, name: string): Promise<void> {
  const { DeleteQueueCommand } = await import('./aws/sqs.ts');
  const QueueUrl = await queueUrl(clients, world, name);
  if (QueueUrl === undefined) return;
  try {
    await callAws(world, (send) => clients.sqs.send(new DeleteQueueCommand({ QueueUrl }), send));
  } catch (error) {
    if (!GONE.has(awsCode(error))) throw error;
  }
}

async function mendQueue(clients: Clients, world: World, QueueUrl: string, wanted: Attributes): Promise<boolean> {
  const names = Object.keys(wanted) as QueueAttributeName[];
  const found = await attributesOf(clients, world, QueueUrl, names);
  if (names.every((name) => same(found[name], wanted[name]))) return false;
  const { SetQueueAttributesCommand } = await import('./aws/sqs.ts');
  const command = new SetQueueAttributesCommand({ QueueUrl, Attributes: wanted });
  await callAws(world, (send) => clients.sqs.send(command, send));
  return true;
}

/** Attributes are text, some of it JSON whose spelling is the service's own. */
function same(found: string | undefined, wanted: string | undefined): boolean {
  if (found === wanted || found === undefined || wanted === undefined) return found === wanted;
  return wanted.startsWith('{') && canonical(found) === canonical(wanted);
}

function canonical(json: string): string {
  const value = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify(
    Object.entries(value)
      .map(([key, field]) => [key, String(field)])
      .sort(),
  );
}

async function attributesOf(
  { sqs }: Clients,
  world: World,
  QueueUrl: string,
  AttributeNames: QueueAttributeName[],
): Promise<Attributes> {
  const { GetQueueAttributesCommand } = await import('./aws/sqs.ts');
  const command = new GetQueueAttributesCommand({ QueueUrl, AttributeNames });
  return (await callAws(world, (send) => sqs.send(command, send))).Attributes ?? {};
}

/** SQS's two names for a queue that does not exist, by protocol. */
const GONE = new Set(['QueueDoesNotExist', 'AWS.SimpleQueueService.NonExistentQueue']);
