import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { SignatureV4Base } from '@smithy/signature-v4';
import type { Credentials } from '../credentials/credentials.ts';
import type { Claim } from './claim.ts';
import type { Target } from './target.ts';

/**
 * The canonical form of a request, made by the AWS SDK's own package, so that a mistake of ours in this subtle part
 * can't agree with itself. Only S3 signs its path as it is; all others escape it once more.
 */
class Canonicalizer extends SignatureV4Base {
  constructor(uriEscapePath: boolean) {
    super({
      service: '',
      region: '',
      credentials: { accessKeyId: '', secretAccessKey: '' },
      sha256: createHash as never,
      uriEscapePath,
    });
  }

  canonical(method: string, target: Target, headers: Record<string, string>, payloadHash: string): string {
    const request = { method, path: target.path, query: { ...target.query }, headers, protocol: 'http:', hostname: '' };
    return this.createCanonicalRequest(request, headers, payloadHash);
  }
}

const plainPath = new Canonicalizer(false);
const escapedPath = new Canonicalizer(true);

/**
 * Whether the claim's signature is the one that `credentials` make of this request
 * (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
 */
export function signatureMatches(
  claim: Claim,
  credentials: Credentials,
  request: { method: string; target: Target; headers: IncomingHttpHeaders; payloadHash: string },
): boolean {
  const signed: Record<string, string> = {};
  for (const name of claim.signedHeaders) {
    const value = request.headers[name];
    if (value === undefined) return false;
    signed[name] = (Array.isArray(value) ? value.join(',') : value).trim().replaceAll(/\s+/g, ' ');
  }
  const canonicalizer = claim.service === 's3' ? plainPath : escapedPath;
  const canonical = canonicalizer.canonical(request.method, request.target, signed, request.payloadHash);
  const stringToSign = [
    'AWS4-HMAC-SHA256',
    claim.amzDate,
    `${claim.day}/${claim.region}/${claim.service}/aws4_request`,
    createHash('sha256').update(canonical).digest('hex'),
  ].join('\n');
  const expected = createHmac('sha256', signingKey(credentials, claim)).update(stringToSign).digest();
  return timingSafeEqual(expected, Buffer.from(claim.signature, 'hex'));
}

/** A key is good for one day, region and service; a handful of them serves a whole run. */
const keys = new Map<string, Buffer>();
const mostKeys = 500;

function signingKey({ secretAccessKey }: Credentials, { day, region, service }: Claim): Buffer {
  const name = [secretAccessKey, day, region, service].join('\n');
  const known = keys.get(name);
  if (known !== undefined) return known;
  const key = hmac(hmac(hmac(hmac(`AWS4${secretAccessKey}`, day), region), service), 'aws4_request');
  if (keys.size >= mostKeys) keys.clear();
  keys.set(name, key);
  return key;
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
