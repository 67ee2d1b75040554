import { parseArgs } from 'node:util';
import { ClusterName, KernelPreference } from '@tessera/protocol';
import { z } from 'zod';

/** How a worker is started. Everything that its fleet tells it stands here; what belongs to a job comes with the job. */
const WorkerOptions = z.object({
  cluster: ClusterName,
  /** The fleet's bucket (names as S3 allows them). */
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
  kernel: KernelPreference.default('auto'),
  /** Threads that its kernel may use. */
  threads: z.coerce.number().int().positive().max(1024).default(1),
  /** Bytes it may use; the plan keeps to it, the worker only reports it. */
  memory: z.coerce.number().int().positive().optional(),
  /** Seconds that a package which it took stays hidden from others unless it says that it still works on it. */
  visibility: z.coerce.number().int().positive().max(43_200).default(60),
});
export type WorkerOptions = z.infer<typeof WorkerOptions>;

/**
 * @param environment `TESSERA_VISIBILITY_SECONDS` stands in for `--visibility`
 * @throws z.ZodError, or what parseArgs throws for an unknown option.
 */
export function parseWorkerArguments(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): WorkerOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { cluster: text, bucket: text, kernel: text, threads: text, memory: text, visibility: text },
  });
  return WorkerOptions.parse({ visibility: environment['TESSERA_VISIBILITY_SECONDS'], ...values });
}
