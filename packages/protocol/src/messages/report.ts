import { z } from 'zod';
import { JobId } from '../ids.ts';
import { OperationName } from '../operation.ts';
import { DType, Shape } from '../shape.ts';
import { PROTOCOL_VERSION } from '../version.ts';

/** The phases of a job, in order; a job without work for one skips it. `project` is the first half of verifying a product. */
export const Phase = z.enum(['generate', 'ingest', 'compute', 'reduce', 'project', 'verify', 'export']);
export type Phase = z.infer<typeof Phase>;

const seconds = z.number().nonnegative();

/**
 * How a job ended: object `jobs/<jobId>/report.json`, the truth that progress events only announce. Seconds are wall
 * time of the master; `compute` is everything from the first package sent to the last tile of C stored.
 * @example {"v":1,"jobId":"20260102-030405-abcde","op":"add","status":"done","shapes":{"A":[10,10],"B":[10,10],"C":[10,10]},"dtype":"float64","workers":2,"packages":9,"retries":0,"duplicates":0,"seconds":{"plan":0.01,"send":0.02,"compute":0.1,"collect":0.1,"verify":0.05,"finish":0.01},"bytes":{"read":1600,"written":2400},"kernel":{"name":"loops","detail":"plain TypeScript","rate":4.1,"unit":"GB/s"},"byWorker":{"i-0abc/71":{"packages":9,"busySeconds":0.1}},"verified":{"method":"exact","ok":true,"rounds":1}}
 */
export const Report = z.object({
  v: z.literal(PROTOCOL_VERSION),
  jobId: JobId,
  op: OperationName,
  status: z.enum(['done', 'failed', 'cancelled']),
  shapes: z.object({ A: Shape, B: Shape, C: Shape }),
  dtype: DType,
  workers: z.int().nonnegative(),
  packages: z.int().nonnegative(),
  retries: z.int().nonnegative(),
  duplicates: z.int().nonnegative(),
  seconds: z.object({
    plan: seconds,
    send: seconds,
    compute: seconds,
    collect: seconds,
    verify: seconds,
    finish: seconds,
  }),
  bytes: z.object({ read: z.number(), written: z.number() }),
  /** The kernel of the compute phase and its rate while it ran, summed over workers. */
  kernel: z
    .object({ name: z.string(), detail: z.string(), rate: z.number(), unit: z.enum(['GFLOPS', 'GB/s']) })
    .nullable(),
  byWorker: z.record(
    z.string(),
    z.object({
      packages: z.int(),
      busySeconds: z.number(),
      /** Share of the compute phase during which the worker's kernel ran, 0 to 1. */
      kernelShare: z.number().optional(),
      /** The largest resident size of its process, as it said last. */
      peakBytes: z.number().optional(),
    }),
  ),
  /** Resident bytes of a worker: what it may have, what the plan counts; and the largest of the master's process. */
  memory: z
    .object({ budgetBytes: z.number(), plannedBytes: z.number(), masterPeakBytes: z.number().optional() })
    .optional(),
  verified: z.object({ method: z.enum(['exact', 'freivalds', 'recompute', 'off']), ok: z.boolean(), rounds: z.int() }),
  error: z.object({ tag: z.string(), message: z.string(), packageId: z.string().optional() }).optional(),
});
export type Report = z.infer<typeof Report>;
