import type { SQSClient } from '@aws-sdk/client-sqs';
import { SQS_BATCH_MESSAGES, type Clock, type MessageQueue, type QueueCounts, type Random } from '@tessera/protocol';
import { batchesOf, runsOf } from './batches.ts';
import { QueueGoneError, SendRefusedError } from './errors.ts';

/**
 * Batches under way at once. A round trip takes some 20 ms, so a lone sender reaches about 5,000 messages a second, which
 * is what keeps a thousand workers fed with packages of a fifth of a second; a standard queue takes any number.
 */
const CONCURRENT_BATCHES = 10;
/** Times a batch's failed entries are tried again before the send is given up. */
const SEND_ATTEMPTS = 6;

/** What a queue on SQS needs of the world. */
export interface SqsContext {
  readonly client: SQSClient;
  readonly clock: Clock;
  readonly random: Random;
}

/**
 * Opens a queue by name.
 * @throws QueueGoneError when it does not exist.
 */
export async function openSqsQueue(context: SqsContext, name: string): Promise<MessageQueue> {
  const { GetQueueUrlCommand } = await import('./sqs-commands.ts');
  const answer = await context.client.send(new GetQueueUrlCommand({ QueueName: name })).catch(goneOr(name));
  return new SqsQueue(context, name, answer.QueueUrl!);
}

class SqsQueue implements MessageQueue {
  readonly name: string;
  readonly #context: SqsContext;
  readonly #url: string;

  constructor(context: SqsContext, name: string, url: string) {
    this.#context = context;
    this.name = name;
    this.#url = url;
  }

  async send(bodies: readonly string[], signal?: AbortSignal): Promise<void> {
    const batches = batchesOf(bodies);
    let next = 0;
    const lane = async () => {
      while (next < batches.length) await this.#sendBatch(batches[next++]!, signal);
    };
    await Promise.all(Array.from({ length: Math.min(CONCURRENT_BATCHES, batches.length) }, lane));
  }

  /** A batch succeeds entry by entry: only those that failed are sent again. */
  async #sendBatch(batch: string[], signal: AbortSignal | undefined): Promise<void> {
    const { SendMessageBatchCommand } = await import('./sqs-commands.ts');
    let entries = batch.map((body, index) => ({ Id: String(index), MessageBody: body }));
    for (let attempt = 1; ; attempt++) {
      const answer = await this.#context.client
        .send(new SendMessageBatchCommand({ QueueUrl: this.#url, Entries: entries }), abortable(signal))
        .catch(goneOr(this.name));
      const failed = answer.Failed ?? [];
      if (failed.length === 0) return;
      const refused = failed.find((entry) => entry.SenderFault) ?? (attempt === SEND_ATTEMPTS ? failed[0] : undefined);
      if (refused) throw new SendRefusedError(this.name, `${refused.Code}: ${refused.Message ?? 'no reason given'}`);
      const again = new Set(failed.map((entry) => entry.Id));
      entries = entries.filter((entry) => again.has(entry.Id));
      await this.#context.clock.sleep(this.#context.random() * 100 * 2 ** attempt, signal);
    }
  }

  async receive(options: Parameters<MessageQueue['receive']>[0]) {
    const { ReceiveMessageCommand } = await import('./sqs-commands.ts');
    const answer = await this.#context.client
      .send(
        new ReceiveMessageCommand({
          QueueUrl: this.#url,
          MaxNumberOfMessages: Math.min(options.max, SQS_BATCH_MESSAGES),
          WaitTimeSeconds: options.waitSeconds,
          VisibilityTimeout: options.visibilitySeconds,
          MessageSystemAttributeNames: ['ApproximateReceiveCount'],
        }),
        abortable(options.signal),
      )
      .catch(goneOr(this.name));
    return (answer.Messages ?? []).map((message) => ({
      body: message.Body ?? '',
      receipt: message.ReceiptHandle!,
      receiveCount: Number(message.Attributes?.ApproximateReceiveCount ?? 1),
    }));
  }

  /** An entry that fails is delivered again some day, which every receiver copes with; so failures are not errors. */
  async delete(receipts: readonly string[]): Promise<void> {
    const { DeleteMessageBatchCommand } = await import('./sqs-commands.ts');
    await Promise.all(
      runsOf(receipts, SQS_BATCH_MESSAGES).map((run) =>
        this.#context.client
          .send(
            new DeleteMessageBatchCommand({
              QueueUrl: this.#url,
              Entries: run.map((receipt, index) => ({ Id: String(index), ReceiptHandle: receipt })),
            }),
          )
          .catch(goneOr(this.name)),
      ),
    );
  }

  async extend(receipts: readonly string[], seconds: number): Promise<void> {
    const { ChangeMessageVisibilityBatchCommand } = await import('./sqs-commands.ts');
    await Promise.all(
      runsOf(receipts, SQS_BATCH_MESSAGES).map((run) =>
        this.#context.client
          .send(
            new ChangeMessageVisibilityBatchCommand({
              QueueUrl: this.#url,
              Entries: run.map((receipt, index) => ({
                Id: String(index),
                ReceiptHandle: receipt,
                VisibilityTimeout: seconds,
              })),
            }),
          )
          .catch(goneOr(this.name)),
      ),
    );
  }

  /** https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_GetQueueAttributes.html */
  async counts(): Promise<QueueCounts> {
    const { GetQueueAttributesCommand } = await import('./sqs-commands.ts');
    const { Attributes = {} } = await this.#context.client
      .send(
        new GetQueueAttributesCommand({
          QueueUrl: this.#url,
          AttributeNames: ['ApproximateNumberOfMessages', 'ApproximateNumberOfMessagesNotVisible'],
        }),
      )
      .catch(goneOr(this.name));
    return {
      waiting: Number(Attributes.ApproximateNumberOfMessages ?? 0),
      inFlight: Number(Attributes.ApproximateNumberOfMessagesNotVisible ?? 0),
    };
  }
}

function abortable(signal: AbortSignal | undefined): { abortSignal?: AbortSignal } {
  return signal ? { abortSignal: signal } : {};
}

/** SQS has had two names for it, one per wire protocol. */
function goneOr(queue: string): (error: unknown) => never {
  return (error) => {
    const name = error instanceof Error ? error.name : '';
    if (name === 'QueueDoesNotExist' || name === 'AWS.SimpleQueueService.NonExistentQueue') {
      throw new QueueGoneError(queue, { cause: error });
    }
    throw error;
  };
}
