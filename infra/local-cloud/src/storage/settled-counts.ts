import type { buildApp } from 'fauxqs';

/** What fauxqs tells of a queue beyond SQS's own calls. */
interface Inspection {
  readonly messages: { readonly inflight: readonly { readonly visibilityDeadline: number }[] };
}

/**
 * The counts of a queue as SQS would tell them: fauxqs makes a message visible again only when somebody receives, so where
 * nobody is left who does, it would count as in flight forever.
 */
export async function settledCounts(
  app: ReturnType<typeof buildApp>,
  request: unknown,
  answer: unknown,
): Promise<unknown> {
  const { Attributes: attributes } = (answer ?? {}) as { Attributes?: Record<string, string> };
  const { QueueUrl: queueUrl } = (request ?? {}) as { QueueUrl?: string };
  const { ApproximateNumberOfMessagesNotVisible: hidden, ApproximateNumberOfMessages: waiting } = attributes ?? {};
  if (queueUrl === undefined || hidden === undefined || hidden === '0') return answer;
  const name = encodeURIComponent(queueUrl.split('/').at(-1) ?? '');
  const { messages } = (await app.inject({ method: 'GET', url: `/_fauxqs/queues/${name}` })).json<Inspection>();
  const now = Date.now();
  const expired = messages.inflight.filter(({ visibilityDeadline }) => visibilityDeadline <= now).length;
  return {
    Attributes: {
      ...attributes,
      ApproximateNumberOfMessagesNotVisible: String(Number(hidden) - expired),
      ...(waiting === undefined ? {} : { ApproximateNumberOfMessages: String(Number(waiting) + expired) }),
    },
  };
}
