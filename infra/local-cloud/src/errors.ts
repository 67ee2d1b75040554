/**
 * An answer that AWS would give instead of a result. Actions throw it; only the gateway turns it into the wire format
 * of the service that was asked. `code` is AWS's own name for the error.
 */
export class AwsError extends Error {
  readonly _tag = 'AwsError';
  readonly code: string;
  readonly status: number;

  constructor(code: string, message: string, options: { status?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = 'AwsError';
    this.code = code;
    this.status = options.status ?? 400;
  }
}

/** A request whose parameters don't have the form that its action documents. Each protocol has its own code for it. */
export class InvalidRequestError extends Error {
  readonly _tag = 'InvalidRequestError';
  /** The parameter at fault, in the request's own spelling. */
  readonly parameter: string;
  readonly missing: boolean;

  constructor(parameter: string, reason: string, missing: boolean) {
    super(reason);
    this.name = 'InvalidRequestError';
    this.parameter = parameter;
    this.missing = missing;
  }
}

/** The folder for the clouds' state can't be used; another one is to be named. */
export class StateRootError extends Error {
  readonly _tag = 'StateRootError';

  constructor(path: string, reason: string, options?: { cause?: unknown }) {
    super(`the local cloud can't keep its state in ${path}: ${reason}`, options);
    this.name = 'StateRootError';
  }
}

/** The local cloud could not be started, or died before it was ready. `stderr` holds its last words. */
export class CloudStartError extends Error {
  readonly _tag = 'CloudStartError';
  readonly stderr: string;

  constructor(reason: string, stderr: string, options?: { cause?: unknown }) {
    super(`the local cloud did not start: ${reason}${stderr === '' ? '' : `\n${stderr.trimEnd()}`}`, options);
    this.name = 'CloudStartError';
    this.stderr = stderr;
  }
}
