import type { Instance } from '../ec2/instance.ts';
import type { OutputCapture } from './capture.ts';

/**
 * The life of a command on one instance:
 *
 *   Pending -> InProgress -> Success | Failed | TimedOut
 *   Pending | InProgress -> Cancelling -> Cancelled
 *
 * https://docs.aws.amazon.com/systems-manager/latest/userguide/monitor-commands.html
 */
export type Status = 'Pending' | 'InProgress' | 'Success' | 'Failed' | 'TimedOut' | 'Cancelling' | 'Cancelled';

export const finalStatuses: ReadonlySet<Status> = new Set(['Success', 'Failed', 'TimedOut', 'Cancelled']);

/** What SendCommand asked for. Times are milliseconds since the Unix epoch. */
export interface Command {
  readonly id: string;
  readonly documentName: string;
  readonly comment: string;
  readonly parameters: Readonly<Record<string, readonly string[]>>;
  readonly instanceIds: readonly string[];
  readonly targets: readonly { readonly Key: string; readonly Values: readonly string[] }[];
  readonly requestedAt: number;
  readonly timeoutSeconds: number;
  readonly maxConcurrency: string;
  readonly maxErrors: string;
  readonly script: string;
  readonly workingDirectory: string | undefined;
  readonly executionTimeoutMs: number;
  /** Where the output goes besides the invocation, if anywhere. */
  readonly logGroup: string | undefined;
  readonly invocations: Map<string, Invocation>;
}

/** A command on one instance. */
export interface Invocation {
  readonly command: Command;
  readonly instance: Instance;
  readonly stdout: OutputCapture;
  readonly stderr: OutputCapture;
  status: Status;
  /** The finer name that the console shows. */
  statusDetails: string;
  /** Whether the agent has heard of it; before that GetCommandInvocation answers InvocationDoesNotExist. */
  delivered: boolean;
  /** The script's exit status; -1 while there is none. */
  responseCode: number;
  startedAt: number | undefined;
  endedAt: number | undefined;
  /** Ends the running script, for the reason that becomes its status. */
  interrupt: ((reason: 'Cancelled' | 'TimedOut') => void) | undefined;
}

/** The status of a whole command, from those of its invocations. */
export function commandStatus({ invocations }: Command): { status: Status; details: string } {
  const all = [...invocations.values()];
  if (all.length === 0) return { status: 'Success', details: 'NoInstancesInTag' };
  const has = (status: Status): boolean => all.some((invocation) => invocation.status === status);
  if (!all.every(({ status }) => finalStatuses.has(status))) {
    if (has('Cancelling')) return { status: 'Cancelling', details: 'Cancelling' };
    return all.every(({ status }) => status === 'Pending')
      ? { status: 'Pending', details: 'Pending' }
      : { status: 'InProgress', details: 'InProgress' };
  }
  for (const status of ['Failed', 'TimedOut', 'Cancelled'] as const) {
    const first = all.find((invocation) => invocation.status === status);
    if (first !== undefined) return { status, details: first.statusDetails };
  }
  return { status: 'Success', details: 'Success' };
}
