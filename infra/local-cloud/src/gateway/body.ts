import type { IncomingMessage } from 'node:http';
import { AwsError } from '../errors.ts';

/**
 * Reads a request's body into one buffer, into its final place at once when its length is announced.
 *
 * @throws AwsError when it is longer than `mostBytes`.
 */
export async function readBody(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const announced = request.headers['content-length'];
  if (announced !== undefined && Number(announced) > mostBytes) throw tooLarge(mostBytes);
  return announced === undefined ? readUnannounced(request, mostBytes) : readAnnounced(request, Number(announced));
}

async function readAnnounced(request: IncomingMessage, length: number): Promise<Buffer> {
  const body = Buffer.allocUnsafe(length);
  let filled = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) filled += chunk.copy(body, filled);
  if (filled < length)
    throw new AwsError(
      'IncompleteBody',
      'You did not provide the number of bytes specified by the Content-Length HTTP header',
    );
  return body;
}

async function readUnannounced(request: IncomingMessage, mostBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > mostBytes) throw tooLarge(mostBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function tooLarge(mostBytes: number): AwsError {
  return new AwsError('EntityTooLarge', `Your proposed upload exceeds the maximum allowed size of ${mostBytes} bytes`, {
    status: 413,
  });
}
