import { z } from 'zod';
import { ArrayName, JobId, PackageId } from '../ids.ts';
import { CHECKSUMS_IN_RESULT } from '../limits.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { InlineTile } from './tile.ts';

/** What a check found: `worst` is the largest residual as a share of what rounding allows, so at most 1 is right. */
export const CheckOutcome = z.object({
  ok: z.boolean(),
  worst: z.number().nullable(),
  /** The first element or row that is wrong, in the array's own indices. */
  where: z.object({ row: z.int(), col: z.int().nullable() }).nullable(),
  /** NaN or infinities were met, so a projection says nothing and the product must be computed again to be checked. */
  nonFinite: z.boolean(),
  /** The residual that `worst` speaks of, and what rounding allows there; where there is one that is no exact zero. */
  residual: z.number().nonnegative().optional(),
  tolerance: z.number().nonnegative().optional(),
});
export type CheckOutcome = z.infer<typeof CheckOutcome>;

/** Which kernel computed and how fast: `work` floating point operations, or bytes for element-wise operations. */
export const KernelUse = z.object({
  name: z.string().max(20),
  detail: z.string().max(300),
  work: z.number().nonnegative(),
  unit: z.enum(['flop', 'byte']),
});
export type KernelUse = z.infer<typeof KernelUse>;

/**
 * CRC-32C of chunks that a check read, as the job's manifest cuts the array for its hash: those from number `first` on, counted from
 * left to right and then downwards; four bytes each, little-endian, in base64.
 */
export const Checksums = z.object({
  array: ArrayName,
  first: z.int().nonnegative(),
  crc32c: z.base64().max(Math.ceil((CHECKSUMS_IN_RESULT * 4) / 3) * 4),
});
export type Checksums = z.infer<typeof Checksums>;

const facts = {
  v: z.literal(PROTOCOL_VERSION),
  bundle: z.string().max(40),
  jobId: JobId,
  packageId: PackageId,
  attempt: z.int().positive(),
  /** Instance id and process, unique among the workers of a fleet. */
  worker: z.string().min(1).max(80),
  /** Version of Node that the worker runs on. */
  node: z.string().max(40).optional(),
};

/**
 * What a worker answers.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"compute-3","attempt":1,"worker":"i-0abc/71","status":"done","seconds":{"read":0.01,"compute":0.002,"write":0.01},"bytes":{"read":8000000,"written":4000000},"kernel":{"name":"loops","detail":"plain TypeScript","work":12000000,"unit":"byte"}}
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"compute-3","attempt":1,"worker":"i-0abc/71","status":"failed","error":{"tag":"CorruptTileError","message":"chunk 0/1 of A: checksum differs"}}
 */
export const Result = z.discriminatedUnion('status', [
  z.object({
    ...facts,
    status: z.literal('done'),
    seconds: z.object({
      read: z.number().nonnegative(),
      compute: z.number().nonnegative(),
      write: z.number().nonnegative(),
    }),
    bytes: z.object({ read: z.number().nonnegative(), written: z.number().nonnegative() }),
    /** The largest resident size of the worker's process so far. */
    peakBytes: z.number().nonnegative().optional(),
    kernel: KernelUse.optional(),
    /** Bytes of operands that the worker still had in memory from earlier packages and did not read again. */
    reusedBytes: z.number().nonnegative().optional(),
    tile: InlineTile.optional(),
    check: CheckOutcome.optional(),
    /** What a check read of operands and result. */
    checksums: z.array(Checksums).optional(),
  }),
  z.object({
    ...facts,
    status: z.literal('failed'),
    error: z.object({ tag: z.string().max(80), message: z.string().max(2000) }),
  }),
]);
export type Result = z.infer<typeof Result>;
