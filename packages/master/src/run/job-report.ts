import { operations, PROTOCOL_VERSION, type JobSpec, type Report } from '@tessera/protocol';
import { errorTag } from '@tessera/queue';
import { JobError } from './errors.ts';
import type { Tally } from './tally.ts';

/** The report of a job that ended. */
export function reportOf(
  { jobId, op, operands, dtype }: JobSpec,
  facts: Pick<Report, 'status' | 'seconds' | 'verified'> & {
    readonly tally: Tally;
    /** Wall time of the compute phase alone. */
    readonly kernelWallSeconds: number;
    readonly memory: Report['memory'];
    readonly error?: unknown;
  },
): Report {
  const [A, B] = [operands.A.shape, operands.B.shape];
  const { status, seconds, verified, tally, memory, error } = facts;
  const { packages, retries, duplicates, bytes } = tally;
  return {
    v: PROTOCOL_VERSION,
    jobId,
    op,
    status,
    shapes: { A, B, C: operations[op].resultShape(A, B) },
    dtype,
    workers: tally.workers,
    packages,
    retries,
    duplicates,
    seconds,
    bytes,
    kernel: tally.kernel(),
    byWorker: tally.workersOver(facts.kernelWallSeconds),
    ...(memory === undefined ? {} : { memory }),
    verified,
    ...(error === undefined ? {} : { error: describe(error) }),
  };
}

function describe(error: unknown): NonNullable<Report['error']> {
  const message = error instanceof Error ? error.message : String(error);
  const packageId = error instanceof JobError && 'packageId' in error ? (error.packageId as string) : undefined;
  return { tag: errorTag(error), message, ...(packageId === undefined ? {} : { packageId }) };
}
