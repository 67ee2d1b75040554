import type { KernelName } from './kernel.ts';

/** A job that no kernel could compute: a view that leaves its array, mixed dtypes. The caller's code is wrong. */
export class KernelInputError extends Error {
  readonly _tag = 'KernelInputError';
  readonly argument: string;

  constructor(argument: string, message: string) {
    super(message);
    this.name = 'KernelInputError';
    this.argument = argument;
  }
}

/** The computation itself broke (a thread died, the device was lost). The job may be tried again on another kernel. */
export class KernelFailed extends Error {
  readonly _tag = 'KernelFailed';
  readonly kernel: KernelName;

  constructor(kernel: KernelName, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = 'KernelFailed';
    this.kernel = kernel;
  }
}

/** The kernel that a person asked for can't do this operation or dtype at all: a usage error, to be shown as it is. */
export class KernelUsageError extends Error {
  readonly _tag = 'KernelUsageError';
  readonly kernel: KernelName;

  constructor(kernel: KernelName, message: string) {
    super(message);
    this.name = 'KernelUsageError';
    this.kernel = kernel;
  }
}
