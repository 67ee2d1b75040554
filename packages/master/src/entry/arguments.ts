import { parseArgs } from 'node:util';
import { ClusterName, JobId } from '@tessera/protocol';
import { z } from 'zod';

/** How a master is started: for one job, whose specification is in the fleet's bucket. */
const MasterOptions = z.object({
  cluster: ClusterName,
  job: JobId,
  /** The fleet's bucket (names as S3 allows them). */
  bucket: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/),
});
export type MasterOptions = z.infer<typeof MasterOptions>;

/** @throws z.ZodError, or what parseArgs throws for an unknown option. */
export function parseMasterArguments(args: readonly string[]): MasterOptions {
  const text = { type: 'string' } as const;
  const { values } = parseArgs({ args: [...args], options: { cluster: text, bucket: text, job: text } });
  return MasterOptions.parse(values);
}
