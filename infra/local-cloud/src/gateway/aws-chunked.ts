import { AwsError } from '../errors.ts';

const carriageReturn = 0x0d;
const lineFeed = 0x0a;

/** A body taken out of the aws-chunked content encoding, and the headers that came after it. */
export interface Decoded {
  readonly body: Buffer;
  readonly trailers: ReadonlyMap<string, string>;
}

/**
 * Decodes `hex-size CRLF data CRLF ... 0 CRLF trailers CRLF CRLF`, in place: the chunks move together at the front of
 * `encoded`, whose other content is lost.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming-trailers.html
 *
 * @throws AwsError for anything that isn't exactly of this form or doesn't add up to `expectedBytes`.
 */
export function decodeAwsChunked(encoded: Buffer, expectedBytes: number | undefined): Decoded {
  let read = 0;
  let written = 0;
  for (;;) {
    const header = readLine(encoded, read);
    const size = /^([0-9a-fA-F]{1,8})$/.exec(header.text)?.[1];
    if (size === undefined)
      throw malformed(`a chunk begins with "${header.text.slice(0, 40)}" in the place of its size`);
    read = header.next;
    const length = Number.parseInt(size, 16);
    if (length === 0) break;
    if (read + length + 2 > encoded.length) throw malformed('the last chunk is cut off');
    encoded.copyWithin(written, read, read + length);
    written += length;
    read += length;
    if (encoded[read] !== carriageReturn || encoded[read + 1] !== lineFeed)
      throw malformed('a chunk is longer than it says');
    read += 2;
  }
  const trailers = new Map<string, string>();
  while (read < encoded.length) {
    const line = readLine(encoded, read);
    read = line.next;
    if (line.text === '') break;
    const colon = line.text.indexOf(':');
    if (colon < 1) throw malformed(`"${line.text.slice(0, 40)}" is no trailer`);
    trailers.set(line.text.slice(0, colon).trim().toLowerCase(), line.text.slice(colon + 1).trim());
  }
  if (expectedBytes !== undefined && expectedBytes !== written) {
    throw malformed(`x-amz-decoded-content-length says ${expectedBytes} bytes, the chunks hold ${written}`);
  }
  return { body: encoded.subarray(0, written), trailers };
}

function readLine(encoded: Buffer, start: number): { text: string; next: number } {
  const end = encoded.indexOf('\r\n', start, 'latin1');
  if (end === -1) throw malformed('it ends in the middle of a line');
  return { text: encoded.toString('latin1', start, end), next: end + 2 };
}

function malformed(what: string): AwsError {
  return new AwsError('IncompleteBody', `The aws-chunked body is malformed: ${what}.`);
}
