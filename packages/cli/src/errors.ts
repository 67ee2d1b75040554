/** Base of the errors of this package: `_tag` tells them apart, `message` is the one line that a person reads. */
export abstract class CliError extends Error {
  abstract readonly _tag: string;
  /** What the process exits with. */
  abstract readonly exitCode: number;
  override get name(): string {
    return this._tag;
  }
}

/** What was typed can't be meant. Nothing was started; the message says what to type instead. */
export class UsageError extends CliError {
  readonly _tag = 'UsageError';
  readonly exitCode = 2;
}

/** The job was started and did not succeed. */
export class JobFailedError extends CliError {
  readonly _tag = 'JobFailedError';
  readonly exitCode = 1;
  readonly jobId: string;
  readonly reason: string;
  readonly packageId: string | undefined;
  constructor(jobId: string, reason: string, facts: { packageId?: string | undefined; logs?: string | undefined }) {
    const at = facts.packageId === undefined ? '' : ` at package ${facts.packageId}`;
    const logs = facts.logs === undefined ? '' : `; its log is in ${facts.logs}`;
    super(`job ${jobId} failed${at}: ${reason}${logs}`);
    this.jobId = jobId;
    this.reason = reason;
    this.packageId = facts.packageId;
  }
}

/** The cloud or this installation can't do what was asked; the message says what to do about it. */
export class UnavailableError extends CliError {
  readonly _tag = 'UnavailableError';
  readonly exitCode = 1;
}

/** A result, or what it was made of, differs from its certificate, or is wrong. What exactly was printed. */
export class NotAsCertifiedError extends CliError {
  readonly _tag = 'NotAsCertifiedError';
  readonly exitCode = 1;
  constructor(names: readonly string[]) {
    super(`not as certified: ${names.join(', ')}; see above`);
  }
}

/** A person or the system asked to stop. 128 plus the signal's number, as shells have it. */
export class InterruptedError extends CliError {
  readonly _tag = 'InterruptedError';
  readonly exitCode: 130 | 143;
  constructor(signal: 'SIGINT' | 'SIGTERM') {
    super(signal === 'SIGINT' ? 'interrupted' : 'terminated');
    this.exitCode = signal === 'SIGINT' ? 130 : 143;
  }
}
