import type { IncomingHttpHeaders } from 'node:http';

/** A request's own words about who signed it and how, before anything is checked. */
export interface Claim {
  /** Header: the Authorization header. Query: a presigned URL. */
  readonly kind: 'header' | 'query';
  readonly accessKeyId: string;
  /** `20261123`, the first part of the credential scope. */
  readonly day: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
  /** `20261123T010203Z` */
  readonly amzDate: string;
  readonly sessionToken: string | undefined;
  /** How long a presigned URL is good for. */
  readonly expiresSeconds: number | undefined;
}

export type Query = Readonly<Record<string, string | string[]>>;

const algorithm = 'AWS4-HMAC-SHA256';

/**
 * Reads the claim of a request, or undefined when it makes none.
 *
 * @returns 'malformed' for one that isn't of the form that the Signature Version 4 documentation gives:
 *   https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-authentication-methods.html
 */
export function readClaim(headers: IncomingHttpHeaders, query: Query): Claim | 'malformed' | undefined {
  if (headers.authorization !== undefined) return fromHeader(headers);
  if (query['X-Amz-Algorithm'] !== undefined || query['X-Amz-Signature'] !== undefined) return fromQuery(query);
  return undefined;
}

function fromHeader(headers: IncomingHttpHeaders): Claim | 'malformed' {
  const authorization = headers.authorization!;
  if (!authorization.startsWith(`${algorithm} `)) return 'malformed';
  const parts = new Map(
    authorization
      .slice(algorithm.length + 1)
      .split(',')
      .map((part): [string, string] => {
        const [name, ...value] = part.trim().split('=');
        return [name!, value.join('=')];
      }),
  );
  return assemble('header', {
    credential: parts.get('Credential'),
    signedHeaders: parts.get('SignedHeaders'),
    signature: parts.get('Signature'),
    amzDate: single(headers['x-amz-date']),
    sessionToken: single(headers['x-amz-security-token']),
    expires: undefined,
  });
}

function fromQuery(query: Query): Claim | 'malformed' {
  if (query['X-Amz-Algorithm'] !== algorithm) return 'malformed';
  const expires = single(query['X-Amz-Expires']);
  if (expires === undefined || !/^\d{1,6}$/.test(expires)) return 'malformed';
  return assemble('query', {
    credential: single(query['X-Amz-Credential']),
    signedHeaders: single(query['X-Amz-SignedHeaders']),
    signature: single(query['X-Amz-Signature']),
    amzDate: single(query['X-Amz-Date']),
    sessionToken: single(query['X-Amz-Security-Token']),
    expires: Number(expires),
  });
}

interface Parts {
  credential: string | undefined;
  signedHeaders: string | undefined;
  signature: string | undefined;
  amzDate: string | undefined;
  sessionToken: string | undefined;
  expires: number | undefined;
}

function assemble(kind: Claim['kind'], parts: Parts): Claim | 'malformed' {
  const [, accessKeyId, day, region, service] =
    /^([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request$/.exec(parts.credential ?? '') ?? [];
  const { signedHeaders, signature, amzDate } = parts;
  if (accessKeyId === undefined || signedHeaders === undefined || amzDate === undefined || signature === undefined)
    return 'malformed';
  if (!/^[0-9a-f]{64}$/.test(signature) || !/^\d{8}T\d{6}Z$/.test(amzDate) || !amzDate.startsWith(day!))
    return 'malformed';
  return {
    kind,
    accessKeyId,
    day: day!,
    region: region!,
    service: service!,
    signedHeaders: signedHeaders.split(';'),
    signature,
    amzDate,
    sessionToken: parts.sessionToken,
    expiresSeconds: parts.expires,
  };
}

function single(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

/** When the claim says that it was made, in milliseconds since the Unix epoch. */
export function claimTime({ amzDate }: Claim): number {
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate)!;
  return Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second));
}
