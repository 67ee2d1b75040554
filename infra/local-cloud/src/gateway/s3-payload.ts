import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { AwsError } from '../errors.ts';
import { decodeAwsChunked } from './aws-chunked.ts';
import { checkChecksums } from './checksum.ts';
import type { Claim } from './claim.ts';
import type { Target } from './target.ts';

const unsigned = 'UNSIGNED-PAYLOAD';
const unsignedChunks = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER';

/**
 * What the signer of an S3 request put in the place of the body's hash: the hash itself, or a word that says that the
 * body is not signed.
 *
 * @throws AwsError
 */
export function claimedPayload(claim: Claim, target: Target, headers: IncomingHttpHeaders): string {
  const given = headers['x-amz-content-sha256'] ?? target.query['X-Amz-Content-Sha256'];
  if (given === undefined) {
    if (claim.kind === 'query') return unsigned;
    throw new AwsError('InvalidRequest', 'Missing required header for this request: x-amz-content-sha256');
  }
  if (typeof given !== 'string' || !(given === unsigned || given === unsignedChunks || /^[0-9a-f]{64}$/.test(given))) {
    throw new AwsError(
      'NotImplemented',
      `The local cloud takes ${unsigned}, ${unsignedChunks} or a SHA-256 in hexadecimal as x-amz-content-sha256, not ${String(given)}`,
      { status: 501 },
    );
  }
  return given;
}

/**
 * The object's bytes, out of a body as it was sent: the hash compared when it was signed, chunks taken out of their
 * encoding, checksums compared. `headers` are changed to say what is so afterwards.
 *
 * @throws AwsError
 */
export function openPayload(sent: Buffer, payloadHash: string, headers: IncomingHttpHeaders): Buffer {
  if (
    payloadHash !== unsigned &&
    payloadHash !== unsignedChunks &&
    createHash('sha256').update(sent).digest('hex') !== payloadHash
  ) {
    throw new AwsError(
      'XAmzContentSHA256Mismatch',
      "The provided 'x-amz-content-sha256' header does not match what was computed.",
    );
  }
  let body = sent;
  const encodings = (headers['content-encoding'] ?? '').split(',').map((name) => name.trim());
  if (payloadHash === unsignedChunks || encodings.includes('aws-chunked')) {
    const announced = headers['x-amz-decoded-content-length'];
    const decoded = decodeAwsChunked(sent, typeof announced === 'string' ? Number(announced) : undefined);
    body = decoded.body;
    for (const [name, value] of decoded.trailers) if (name.startsWith('x-amz-checksum-')) headers[name] = value;
    const others = encodings.filter((name) => name !== 'aws-chunked' && name !== '');
    if (others.length > 0) headers['content-encoding'] = others.join(',');
    else delete headers['content-encoding'];
    delete headers['x-amz-trailer'];
    delete headers['transfer-encoding'];
  }
  headers['content-length'] = String(body.length);
  const compared = Buffer.from(payloadHash, 'hex').toString('base64');
  checkChecksums(
    body,
    Object.entries(headers).filter(
      (entry): entry is [string, string] =>
        typeof entry[1] === 'string' && !(entry[0] === 'x-amz-checksum-sha256' && entry[1] === compared),
    ),
  );
  return body;
}
