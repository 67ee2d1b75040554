/** Base of the errors that end a job. */
export abstract class JobError extends Error {
  abstract readonly _tag: string;
  override get name(): string {
    return this._tag;
  }
}

/** Packages that a message names beside the one that it is about. */
const MOST_SUSPECTS = 8;

/** A package failed too often; `message` carries the worker's own reason. */
export class PackageFailedError extends JobError {
  readonly _tag = 'PackageFailedError';
  readonly packageId: string;
  /** @param suspects other packages that may be to blame: workers had them when they died */
  constructor(packageId: string, attempts: number, worker: string, reason: string, suspects: readonly string[] = []) {
    const others = suspects.slice(0, MOST_SUSPECTS).join(', ');
    const blame = others === '' ? '' : ` (or ${others} is to blame: workers had that too when they died)`;
    super(`package ${packageId} failed ${attempts} times, last on worker ${worker}${blame}: ${reason}`);
    this.packageId = packageId;
  }
}

/** Packages were sent again and again and nobody answered. */
export class NoAnswerError extends JobError {
  readonly _tag = 'NoAnswerError';
  readonly packageId: string;
  constructor(packageId: string, attempts: number, seconds: number) {
    super(
      `no worker answered package ${packageId}, sent ${attempts} times over ${Math.round(seconds)} s; ` +
        'see whether workers run (tessera status) and what they logged',
    );
    this.packageId = packageId;
  }
}

/** Packages wait and no worker takes them. */
export class NoWorkerError extends JobError {
  readonly _tag = 'NoWorkerError';
  constructor(packages: number, seconds: number) {
    super(
      `no worker is there: for ${Math.round(seconds)} s nobody took any of the packages that wait ` +
        `(${packages} of this job are under way); see what became of the workers (tessera status), start some (tessera up) and run it again`,
    );
  }
}

/** A package was done, and the tile that it sent could not be stored, however often that was tried. */
export class PackageUnsettledError extends JobError {
  readonly _tag = 'PackageUnsettledError';
  readonly packageId: string;
  constructor(packageId: string, cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`the result of package ${packageId} could not be stored: ${reason}`, { cause });
    this.packageId = packageId;
  }
}

/** The stored result is not what the operands give. */
export class WrongResultError extends JobError {
  readonly _tag = 'WrongResultError';
  constructor(where: { row: number; col: number | null } | null, worst: number | null) {
    const place =
      where === null ? '' : ` first in row ${where.row}${where.col === null ? '' : `, column ${where.col}`};`;
    const size =
      worst === null || worst <= 1
        ? ''
        : ` the largest residual is ${worst.toPrecision(3)} times what rounding allows;`;
    super(`verification found wrong numbers in C:${place}${size} the result was not delivered`);
  }
}

/** Two checks read one chunk and it was not the same: somebody wrote into an operand while the job ran. */
export class MatrixChangedError extends JobError {
  readonly _tag = 'MatrixChangedError';
  constructor(array: string, chunk: number) {
    super(
      `${array} changed while the job ran: its chunk ${chunk} was read twice and differs; the result was not delivered. ` +
        'Leave operands alone until the job has ended, and start it again',
    );
  }
}

/** Somebody asked the job to stop. */
export class JobCancelledError extends JobError {
  readonly _tag = 'JobCancelledError';
  constructor() {
    super('the job was cancelled');
  }
}
