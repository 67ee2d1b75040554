import type { IncomingMessage } from 'node:http';

/** One request of an instance, as far as faults care. */
export interface Exchange {
  readonly service: 'sqs' | 's3' | 'other';
  /** SQS's action, S3's method. */
  readonly action: string;
  /** The queue's name, or the object's path. */
  readonly target: string;
  /** Packages or results that are sent with it. */
  readonly sent: readonly Sent[];
}

/** A message on its way into a queue. */
export interface Sent {
  readonly packageId: string;
  /** A package's kind; absent in results. */
  readonly kind?: string;
  /** A result's; absent in packages. */
  readonly status?: string;
  /** What a package of the check does; a result's outcome has no step. */
  readonly check?: { readonly step?: string };
}

export function readExchange({ headers, method = 'GET', url = '/' }: IncomingMessage, body: Buffer): Exchange {
  const action = headers['x-amz-target'];
  if (typeof action === 'string' && action.startsWith('AmazonSQS.')) {
    const fields = JSON.parse(body.toString('utf8')) as { QueueUrl?: string; Entries?: { MessageBody?: string }[] };
    const bodies = (fields.Entries ?? []).flatMap(({ MessageBody }) =>
      MessageBody === undefined ? [] : [MessageBody],
    );
    return {
      service: 'sqs',
      action: action.slice('AmazonSQS.'.length),
      target: fields.QueueUrl?.split('/').at(-1) ?? '',
      sent: bodies.map((text) => JSON.parse(text) as Sent),
    };
  }
  if (typeof action === 'string') return { service: 'other', action, target: '', sent: [] };
  return { service: 's3', action: method, target: url.split('?')[0]!, sent: [] };
}
