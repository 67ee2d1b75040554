import type { IncomingHttpHeaders } from 'node:http';
import type { Clock } from '../clock.ts';
import type { Credentials, CredentialStore } from '../credentials/credentials.ts';
import { claimTime } from './claim.ts';
import type { Claim } from './claim.ts';
import { refusal } from './refusal.ts';
import { signatureMatches } from './signature.ts';
import type { Target } from './target.ts';

/** How far a request's date may lie from ours; within it a request could be sent again, as at AWS. */
const mostSkewMs = 5 * 60_000;
/** A presigned URL is good for a week at most. */
const longestExpirySeconds = 604_800;

export interface Admission {
  readonly credentials: CredentialStore;
  readonly clock: Clock;
  readonly region: string;
}

/**
 * Everything about a claim that can be checked before the body is read: its time, its scope, whose key it is, and that
 * the headers that change a request's meaning are signed.
 *
 * @throws AwsError with the service's own name for what is wrong.
 */
export function checkClaim(
  claim: Claim,
  headers: IncomingHttpHeaders,
  { credentials, clock, region }: Admission,
): Credentials {
  const refuse = (why: Parameters<typeof refusal>[0], detail?: string): never => {
    throw refusal(why, claim.service, detail);
  };
  if (claim.region !== region) refuse('wrong-scope', `The region '${claim.region}' is wrong; expecting '${region}'`);
  const age = clock.now() - claimTime(claim);
  if (claim.expiresSeconds !== undefined) {
    if (claim.expiresSeconds < 1 || claim.expiresSeconds > longestExpirySeconds)
      refuse('malformed', 'X-Amz-Expires must be 1 to 604800.');
    if (age > claim.expiresSeconds * 1000) refuse('expired');
    if (age < -mostSkewMs) refuse('skewed');
  } else if (Math.abs(age) > mostSkewMs) refuse('skewed');
  const known = credentials.find(claim.accessKeyId) ?? refuse('unknown-key');
  if (!sameToken(known.sessionToken, claim.sessionToken)) refuse('wrong-token');
  if (!claim.signedHeaders.includes('host')) refuse('unsigned-header', 'host');
  const unsigned = Object.keys(headers).find(
    (name) => name.startsWith('x-amz-') && !claim.signedHeaders.includes(name),
  );
  if (unsigned !== undefined) refuse('unsigned-header', unsigned);
  return known;
}

/**
 * The signature itself. `payloadHash` is what the signer put in the place of the body's hash.
 *
 * @throws AwsError
 */
export function checkSignature(
  claim: Claim,
  credentials: Credentials,
  request: { method: string; target: Target; headers: IncomingHttpHeaders; payloadHash: string },
): void {
  if (!signatureMatches(claim, credentials, request)) throw refusal('mismatch', claim.service);
}

function sameToken(expected: string | undefined, given: string | undefined): boolean {
  // The token is no secret that protects anything by itself: it travels in every request that the secret key signs.
  return expected === given;
}
