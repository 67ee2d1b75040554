import * as z from 'zod';
import { AwsError } from '../errors.ts';

/** Leaves of the query protocol are strings, and lists that are empty don't appear at all. */
export const flag = z.enum(['true', 'false', 'True', 'False', '1', '0']).transform((text) => /^(true|1)$/i.test(text));
export const whole = z
  .string()
  .regex(/^-?\d{1,15}$/, 'is not an integer')
  .transform(Number);
export const list = <Item extends z.ZodType>(item: Item) => z.array(item).default([]);
export const ids = z.array(z.string());

export const filters = list(z.object({ Name: z.string(), Value: z.array(z.string()).default([]) }));
export type Filter = z.output<typeof filters>[number];

const tag = z.object({
  Key: z
    .string()
    .min(1)
    .max(127)
    .refine(
      (key) => !key.toLowerCase().startsWith('aws:'),
      'Tag keys starting with "aws:" are reserved for internal use',
    ),
  Value: z.string().max(255).default(''),
});
export const tags = z.array(tag).max(50);

export const dryRun = { DryRun: flag.optional() };

/**
 * Ends a dry run where its action would begin.
 *
 * @throws AwsError DryRunOperation, which is the answer of a dry run that would have succeeded.
 */
export function endDryRun(input: { DryRun?: boolean | undefined }): void {
  if (input.DryRun === true) {
    throw new AwsError('DryRunOperation', 'Request would have succeeded, but DryRun flag is set.', { status: 412 });
  }
}
