/** No block of this job fits a worker's memory; nothing was sent. More memory, or a smaller element type, helps. */
export class PlanDoesNotFitError extends Error {
  readonly _tag = 'PlanDoesNotFitError';
  override readonly name = 'PlanDoesNotFitError';
  readonly what: string;
  readonly neededBytes: number;
  readonly limitBytes: number;
  constructor(what: string, neededBytes: number, limitBytes: number) {
    super(
      `${what} needs ${mib(neededBytes)} in a worker, but its memory is limited to ${mib(limitBytes)}; ` +
        `allow at least --memory ${mib(neededBytes).replace(' ', '')}`,
    );
    this.what = what;
    this.neededBytes = neededBytes;
    this.limitBytes = limitBytes;
  }
}

function mib(bytes: number): string {
  return `${Math.ceil(bytes / 1024 / 1024)} MiB`;
}
