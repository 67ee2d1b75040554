import { z } from 'zod';
import { JobId, PackageId } from '../ids.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { Phase } from './report.ts';

const header = { v: z.literal(PROTOCOL_VERSION), jobId: JobId, /** Milliseconds since 1970. */ at: z.number() };
const count = z.int().nonnegative();

/**
 * What the master says while it works, one JSON line each on its standard output and so in the CloudWatch stream.
 * People watch these; nothing depends on them, for they come late, out of order or not at all.
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800000,"event":"job:planned","phases":[{"phase":"generate","packages":4},{"phase":"compute","packages":8}],"summary":"8 blocks of 500x1000"}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800100,"event":"phase:started","phase":"compute","packages":8}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800200,"event":"packages:sent","phase":"compute","sent":8,"packages":8}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800300,"event":"packages:received","phase":"compute","received":3,"packages":8}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800400,"event":"phase:ended","phase":"compute","seconds":0.3}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800500,"event":"package:failed","packageId":"compute-3","attempt":1,"worker":"i-0abc/71","tag":"CorruptTileError","message":"chunk 0/1 of A: checksum differs","retried":true}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322860500,"event":"phase:stalled","phase":"compute","waiting":5,"seconds":60}
 * @example {"v":1,"jobId":"20260102-030405-abcde","at":1767322800600,"event":"job:ended","status":"done"}
 */
export const ProgressEvent = z.discriminatedUnion('event', [
  z.object({
    ...header,
    event: z.literal('job:planned'),
    phases: z.array(z.object({ phase: Phase, packages: count })),
    summary: z.string(),
  }),
  z.object({ ...header, event: z.literal('phase:started'), phase: Phase, packages: count }),
  z.object({ ...header, event: z.literal('packages:sent'), phase: Phase, sent: count, packages: count }),
  z.object({ ...header, event: z.literal('packages:received'), phase: Phase, received: count, packages: count }),
  z.object({ ...header, event: z.literal('phase:ended'), phase: Phase, seconds: z.number().nonnegative() }),
  z.object({
    ...header,
    event: z.literal('package:failed'),
    packageId: PackageId,
    attempt: z.int().positive(),
    worker: z.string(),
    tag: z.string(),
    message: z.string(),
    retried: z.boolean(),
  }),
  /** Packages wait in the fleet's queue, and nobody has taken one for so long. */
  z.object({
    ...header,
    event: z.literal('phase:stalled'),
    phase: Phase,
    waiting: count,
    seconds: z.number().nonnegative(),
  }),
  z.object({ ...header, event: z.literal('job:ended'), status: z.enum(['done', 'failed', 'cancelled']) }),
]);
export type ProgressEvent = z.infer<typeof ProgressEvent>;
