import { z } from 'zod';

/** Names a job everywhere: in queue names, object keys and shell commands, so nothing but `a-z 0-9 -` is in it. */
export const JobId = z.string().regex(/^[a-z0-9][a-z0-9-]{2,39}$/, 'a job id is 3 to 40 of a-z, 0-9 and -');
export type JobId = z.infer<typeof JobId>;

/** Names a package within its job: its phase and number in it, `compute-12`. */
export const PackageId = z.string().regex(/^[a-z]+-\d{1,9}$/, 'a package id is its phase and number, compute-12');
export type PackageId = z.infer<typeof PackageId>;

/** Names a fleet: the value of the tag `tessera:cluster`. */
export const ClusterName = z.string().regex(/^[a-z0-9][a-z0-9-]{0,30}$/, 'a cluster name is 1 to 31 of a-z, 0-9 and -');
export type ClusterName = z.infer<typeof ClusterName>;

/** Names an array of a job: A, B and C, and what the plan adds (partial products, projections). */
export const ArrayName = z
  .string()
  .regex(/^[A-Z][A-Za-z0-9]{0,15}$/, 'an array name is a capital letter, then letters and digits');
export type ArrayName = z.infer<typeof ArrayName>;

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new job id: the second it was made, to be read by people and to sort, and 25 bits of chance.
 * @param now milliseconds since 1970
 * @param random uniform in [0, 1)
 */
export function newJobId(now: number, random: () => number): JobId {
  const stamp = new Date(now).toISOString().replaceAll(/[-:]/g, '').replace('T', '-').slice(0, 15);
  let tail = '';
  for (let i = 0; i < 5; i++) tail += ALPHABET[Math.floor(random() * ALPHABET.length)];
  return `${stamp}-${tail}`;
}
