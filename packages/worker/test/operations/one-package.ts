import { PROTOCOL_VERSION, type PackageBody, type WorkPackage } from '@tessera/protocol';
import { execute, PackageContext, type OpenJob, type Outcome } from '../../src/index.ts';
import type { Kernel } from '../../src/kernels/index.ts';
import type { Turn } from '../../src/loop/turn.ts';

/** Does one package of a job as a worker does it, on a clock that stands still. */
export async function doPackage(
  body: PackageBody,
  { job, kernel, turn }: { job: OpenJob; kernel: Kernel; turn: Turn },
): Promise<Outcome & { readonly bytesRead: number }> {
  const context = new PackageContext({
    job,
    signal: new AbortController().signal,
    clock: { now: () => 0, sleep: async () => undefined },
    turn,
    kernel: async () => kernel,
  });
  const work = {
    v: PROTOCOL_VERSION,
    bundle: 'test',
    jobId: 'test-1',
    packageId: 'compute-0',
    replyTo: 'ResultToMaster-test-1',
    attempt: 1,
    ...body,
  } as WorkPackage;
  const outcome = await execute(work, context);
  return { ...outcome, bytesRead: context.traffic.bytesRead };
}
