import type { ServerResponse } from 'node:http';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { buildApp } from 'fauxqs';

/**
 * Makes messages visible again that were about to be given to a receiver who has hung up: a worker that was killed
 * while it waited would otherwise keep them hidden for their whole visibility timeout.
 */
export async function releaseFromDeadReceivers(
  app: ReturnType<typeof buildApp>,
  response: ServerResponse,
  request: unknown,
  answer: unknown,
): Promise<void> {
  const { Messages: messages } = (answer ?? {}) as { Messages?: { ReceiptHandle: string }[] };
  const { QueueUrl: queueUrl } = (request ?? {}) as { QueueUrl?: string };
  if (messages === undefined || queueUrl === undefined) return;
  // Whoever hung up just before the message came is known to have done so one turn of the event loop later.
  await nextTurn();
  if (!response.destroyed) return;
  await app.inject({
    method: 'POST',
    url: '/',
    headers: {
      'content-type': 'application/x-amz-json-1.0',
      'x-amz-target': 'AmazonSQS.ChangeMessageVisibilityBatch',
    },
    payload: JSON.stringify({
      QueueUrl: queueUrl,
      Entries: messages.map(({ ReceiptHandle }, index) => ({ Id: String(index), ReceiptHandle, VisibilityTimeout: 0 })),
    }),
  });
}
