import type { ServerResponse } from 'node:http';
import type { Exchange } from './exchange.ts';

/**
 * Says what the services say when they can't: SQS's JSON protocol
 * (https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html), S3's XML
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html).
 */
export function errorAnswer({ service, action }: Exchange, response: ServerResponse): void {
  const [status, type, body] =
    service === 's3'
      ? action === 'HEAD'
        ? ([503, 'application/xml', ''] as const)
        : ([
            503,
            'application/xml',
            '<Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>',
          ] as const)
      : ([
          500,
          'application/x-amz-json-1.0',
          '{"__type":"com.amazonaws.sqs#InternalFailure","message":"injected"}',
        ] as const);
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  response.end(body);
}
