import { AwsError } from '../errors.ts';

/** Why a request was not let in. */
export type Refusal =
  | 'missing'
  | 'malformed'
  | 'unknown-key'
  | 'wrong-token'
  | 'mismatch'
  | 'skewed'
  | 'expired'
  | 'wrong-scope'
  | 'unsigned-header';

type Answer = readonly [code: string, status: number];

/** What EC2 answers to whatever is wrong with credentials. */
const ec2: Answer = ['AuthFailure', 401];

/** The name that each kind of service has for each refusal. SSM and CloudWatch Logs share the names of JSON services. */
const answers: Readonly<Record<Refusal, { s3: Answer; ec2: Answer; json: Answer; other: Answer; message: string }>> = {
  missing: {
    s3: ['AccessDenied', 403],
    ec2,
    json: ['MissingAuthenticationTokenException', 400],
    other: ['MissingAuthenticationToken', 403],
    message: 'Request is missing Authentication Token',
  },
  malformed: {
    s3: ['AuthorizationHeaderMalformed', 400],
    ec2,
    json: ['IncompleteSignatureException', 400],
    other: ['IncompleteSignature', 400],
    message: 'The authorization of the request is malformed or incomplete.',
  },
  'unknown-key': {
    s3: ['InvalidAccessKeyId', 403],
    ec2,
    json: ['UnrecognizedClientException', 400],
    other: ['InvalidClientTokenId', 403],
    message:
      'The security token included in the request is invalid: this local cloud has issued no such access key, or has revoked it.',
  },
  'wrong-token': {
    s3: ['InvalidToken', 400],
    ec2,
    json: ['UnrecognizedClientException', 400],
    other: ['InvalidClientTokenId', 403],
    message: 'The security token included in the request is invalid.',
  },
  mismatch: {
    s3: ['SignatureDoesNotMatch', 403],
    ec2,
    json: ['InvalidSignatureException', 400],
    other: ['SignatureDoesNotMatch', 403],
    message:
      'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  },
  skewed: {
    s3: ['RequestTimeTooSkewed', 403],
    ec2: ['RequestExpired', 400],
    json: ['InvalidSignatureException', 400],
    other: ['SignatureDoesNotMatch', 403],
    message: 'Signature expired: the difference between the request time and the current time is too large.',
  },
  expired: {
    s3: ['AccessDenied', 403],
    ec2: ['RequestExpired', 400],
    json: ['InvalidSignatureException', 400],
    other: ['SignatureDoesNotMatch', 403],
    message: 'Request has expired',
  },
  'wrong-scope': {
    s3: ['AuthorizationHeaderMalformed', 400],
    ec2,
    json: ['InvalidSignatureException', 400],
    other: ['SignatureDoesNotMatch', 403],
    message: 'Credential should be scoped to a valid region and service of this local cloud.',
  },
  'unsigned-header': {
    s3: ['AccessDenied', 403],
    ec2,
    json: ['InvalidSignatureException', 400],
    other: ['SignatureDoesNotMatch', 403],
    message: 'There were headers present in the request which were not signed',
  },
};

/** The error that the service of this name would answer. */
export function refusal(why: Refusal, service: string, detail = ''): AwsError {
  const row = answers[why];
  const kind =
    service === 's3' || service === 'ec2' ? service : service === 'ssm' || service === 'logs' ? 'json' : 'other';
  const [code, status] = row[kind];
  return new AwsError(code, detail === '' ? row.message : `${row.message} ${detail}`, { status });
}
