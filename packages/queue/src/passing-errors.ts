/**
 * Errors that pass by themselves, by name or code: the caller tries again, later and later. Everything else says that
 * something is wrong, and trying again would only hide it.
 *
 * AWS: https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html,
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html; the rest are Node's and libuv's codes.
 */
const PASSING: ReadonlySet<string> = new Set([
  // Too many requests.
  'ThrottlingException',
  'Throttling',
  'RequestThrottled',
  'RequestThrottledException',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'OverLimit',
  'SlowDown',
  'KmsThrottled',
  // The service has trouble.
  'InternalError',
  'InternalFailure',
  'InternalServerError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'UnknownError',
  '503 Slow Down',
  // Nobody answered in time.
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
  'NetworkingError',
  'ECONNRESET',
  'ECONNREFUSED',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_SOCKET',
  // Credentials of an instance are renewed meanwhile.
  'ExpiredToken',
  'ExpiredTokenException',
  'CredentialsProviderError',
  // This machine is short of something for the moment.
  'EMFILE',
  'ENFILE',
  'EAGAIN',
  'EBUSY',
  'ENOSPC',
  'EDQUOT',
  'NoSpaceError',
]);

/** What an error is called in a message to others: its class, or the code of an error that is nothing but an `Error`. */
export function errorTag(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  const { _tag, code } = error as { _tag?: unknown; code?: unknown };
  if (typeof _tag === 'string') return _tag;
  return error.name === 'Error' && typeof code === 'string' ? code : error.name;
}

/** Whether an error of this tag passes by itself. */
export function isPassingTag(tag: string): boolean {
  return PASSING.has(tag);
}

/** Whether an error, or what caused it, passes by itself: by the table, or by the status of the answer. */
export function isPassingError(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const { code, $metadata, $retryable } = error as {
    code?: unknown;
    $metadata?: { httpStatusCode?: number };
    $retryable?: unknown;
  };
  const status = $metadata?.httpStatusCode ?? 0;
  if (isPassingTag(errorTag(error)) || (typeof code === 'string' && isPassingTag(code))) return true;
  if (status >= 500 || status === 429 || status === 408 || $retryable !== undefined) return true;
  return error.cause !== undefined && isPassingError(error.cause);
}
