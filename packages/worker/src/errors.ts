/** Base of this package's own errors; what a package's failure was called travels to the master as its tag. */
export abstract class WorkerError extends Error {
  abstract readonly _tag: string;
  override get name(): string {
    return this._tag;
  }
}

/** A package names an array or text that its job does not declare, or points outside it. It is refused. */
export class ReferenceRefusedError extends WorkerError {
  readonly _tag = 'ReferenceRefusedError';
}

/** A package of a job whose manifest is not in the fleet's bucket: the job is over, or was never submitted here. */
export class UnknownJobError extends WorkerError {
  readonly _tag = 'UnknownJobError';
  constructor(jobId: string) {
    super(`job ${jobId} has no manifest in this fleet's bucket; its packages are dropped`);
  }
}

/** A package was delivered again and again and nobody answered it: it kills whoever takes it, so nobody does any more. */
export class PoisonPackageError extends WorkerError {
  readonly _tag = 'PoisonPackageError';
  constructor(deliveries: number) {
    super(
      `the package was delivered ${deliveries} times without an answer: the workers that took it died or lost touch; ` +
        'see what they logged last',
    );
  }
}
