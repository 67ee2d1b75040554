import { awsCode } from './aws-code.ts';
import {
  type AwsError,
  AwsRefusalError,
  CapacityError,
  CredentialsError,
  PermissionError,
  ProvisionerError,
  QuotaError,
  RegionError,
  SettingError,
  ThrottledError,
  UnreachableError,
} from './errors.ts';

/**
 * Turns whatever an AWS call threw into one typed error whose message is one line: what happened and what to do next.
 * Errors of this package come through as they are.
 */
export function explainAwsError(error: unknown): ProvisionerError {
  if (error instanceof ProvisionerError) return error;
  const code = awsCode(error);
  const text = oneLine(error);
  const rule = RULES.find(({ codes, pattern }) => codes.includes(code) || pattern?.test(text) === true);
  if (rule !== undefined) return new rule.Kind(code, `${rule.says} (${label(code)}${text})`, error);
  return new AwsRefusalError(code, `AWS refused: ${label(code)}${text}; look the code up or try again`, error);
}

interface Rule {
  readonly Kind: new (code: string, message: string, cause: unknown) => AwsError;
  readonly codes: readonly string[];
  readonly pattern?: RegExp;
  readonly says: string;
}

/** Codes from AWS's pages of common errors and EC2's error codes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html */
const RULES: readonly Rule[] = [
  {
    Kind: CredentialsError,
    codes: ['ExpiredToken', 'ExpiredTokenException', 'RequestExpired', 'TokenRefreshRequired'],
    says: 'the AWS credentials have expired: log in again (in a Learner Lab copy the new ones from AWS Details)',
  },
  {
    Kind: CredentialsError,
    codes: ['CredentialsProviderError', 'MissingAuthenticationToken'],
    pattern: /could not load credentials|credential is missing/i,
    says: 'no AWS credentials found: run `aws configure`, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
  },
  {
    Kind: CredentialsError,
    codes: [
      'AuthFailure',
      'InvalidAccessKeyId',
      'InvalidClientTokenId',
      'InvalidToken',
      'SignatureDoesNotMatch',
      'UnrecognizedClientException',
    ],
    says: 'AWS does not accept these credentials: check the key, its secret, the session token and this computer’s clock',
  },
  {
    Kind: RegionError,
    codes: ['UnknownEndpoint', 'OptInRequired'],
    pattern: /region is missing|invalid region|region not accepted/i,
    says: 'no usable AWS region: set AWS_REGION, for example us-east-1 (the region of a Learner Lab)',
  },
  {
    Kind: QuotaError,
    codes: ['InstanceLimitExceeded', 'MaxSpotInstanceCountExceeded', 'VcpuLimitExceeded', 'TooManyBuckets'],
    says: 'the account may not have more of these: ask for fewer or smaller workers, terminate others, or raise the quota',
  },
  {
    Kind: CapacityError,
    codes: ['InsufficientHostCapacity', 'InsufficientInstanceCapacity', 'SpotMaxPriceTooLow'],
    says: 'AWS has no such instance free now: try again later, or name another instance type or zone',
  },
  {
    Kind: SettingError,
    codes: [],
    pattern: /iam instance profile|iamInstanceProfile/i,
    says: 'the instance profile does not exist here: deploy infra/cloudformation/tessera.yaml, or name an existing one',
  },
  {
    Kind: SettingError,
    codes: ['InvalidKeyPair.NotFound'],
    says: 'the key pair does not exist in this region: leave it out, since nothing here needs SSH',
  },
  {
    Kind: SettingError,
    codes: [
      'InvalidAMIID.Malformed',
      'InvalidAMIID.NotFound',
      'InvalidGroup.NotFound',
      'InvalidParameterCombination',
      'InvalidParameterValue',
      'InvalidSubnetID.NotFound',
      'MissingInput',
      'ParameterNotFound',
      'Unsupported',
      'UnsupportedOperation',
      'VPCIdNotSpecified',
    ],
    says: 'a setting of the fleet is not possible in this account and region: change the one that AWS names',
  },
  {
    Kind: PermissionError,
    codes: ['AccessDenied', 'AccessDeniedException', 'UnauthorizedOperation', 'AllAccessDisabled', 'Forbidden'],
    says: 'these credentials may not do this: ask for the permission that AWS names, or use another role',
  },
  {
    Kind: ThrottledError,
    codes: [
      'RequestLimitExceeded',
      'SlowDown',
      'Throttling',
      'ThrottlingException',
      'TooManyRequestsException',
      'RequestThrottled',
    ],
    says: 'AWS asked to slow down and went on asking: wait a minute, then run the command again',
  },
  {
    Kind: UnreachableError,
    codes: [
      'ECONNREFUSED',
      'ECONNRESET',
      'EHOSTUNREACH',
      'ENETUNREACH',
      'ENOTFOUND',
      'EAI_AGAIN',
      'ETIMEDOUT',
      'TimeoutError',
    ],
    says: 'the cloud did not answer: check the network and AWS_ENDPOINT_URL, then run the command again',
  },
];

function label(code: string): string {
  return code === '' ? '' : `${code}: `;
}

function oneLine(error: unknown): string {
  const nested = error instanceof AggregateError ? error.errors[0] : error;
  const text = nested instanceof Error ? nested.message : String(nested);
  return text.replaceAll(/\s+/g, ' ').trim().slice(0, 300);
}
