import { stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { JobSpec, operations, parseMessage, storedShape, type Shape } from '@tessera/protocol';
import { z } from 'zod';
import type { Operand } from '../input/operand.ts';
import { mapOperands, type Operands } from './request.ts';

/** A file that a job was given, and what tells whether it is still the same. Null for an operand that the job makes. */
const GivenFile = z
  .object({ place: z.string(), bytes: z.number().optional(), modifiedMs: z.number().optional() })
  .nullable();
export type GivenFile = z.infer<typeof GivenFile>;

/**
 * A job as it was submitted, with what only the command line knows of it: `job.json` of the workspace. The master reads
 * the same document in the bucket and sees the specification. Whoever has it can submit the job again.
 */
export const JobRecord = JobSpec.extend({
  home: z.object({
    /** Path that C was asked for at; null where it stays in the workspace. */
    out: z.string().nullable(),
    given: z.object({ A: GivenFile, B: GivenFile.optional(), C0: GivenFile.optional() }),
  }),
  /** What `--json` printed, once the job had ended well. */
  outcome: z.record(z.string(), z.unknown()).optional(),
});
export type JobRecord = z.infer<typeof JobRecord>;
export type Home = JobRecord['home'];

/** @throws VersionMismatchError, MalformedMessageError */
export function parseRecord(text: string): JobRecord {
  return parseMessage(JobRecord, 'job.json', text);
}

/** Where a workspace on this machine keeps the record. */
export function recordPath(folder: string): string {
  return join(folder, 'job.json');
}

/** Writes the record where its workspace is a folder. */
export async function keepRecord(record: JobRecord, folder: string | undefined): Promise<void> {
  if (folder !== undefined) await writeFile(recordPath(folder), `${JSON.stringify(record)}\n`);
}

/** What a job was given. */
export async function givenFiles(operands: Operands<Operand>): Promise<Home['given']> {
  const files = mapOperands(operands, fileOf);
  const [A, B, C0] = await Promise.all([files.A, files.B, files.C0]);
  return { A, ...(B === undefined ? {} : { B }), ...(C0 === undefined ? {} : { C0 }) };
}

async function fileOf(operand: Operand): Promise<GivenFile> {
  if (operand.kind === 'random') return null;
  const url = operand.kind === 'csv' ? operand.csv.url : operand.url;
  return url.startsWith('file:') ? look(fileURLToPath(url)) : { place: url };
}

/** A file as it is now. @throws what `stat` throws where it is gone */
export async function look(place: string): Promise<NonNullable<GivenFile>> {
  const found = await stat(place);
  // Version 2 of Zarr has another name for it.
  const metadata = () => stat(join(place, 'zarr.json')).catch(() => stat(join(place, '.zarray')));
  const { size, mtimeMs } = found.isDirectory() ? await metadata() : found;
  return { place, bytes: size, modifiedMs: mtimeMs };
}

/** Shapes of what the job was given and made, as typed and stored. */
export function storedShapes({ op, operands }: JobSpec): Operands<Shape> {
  const { A, B, C0 } = operands;
  const reads = operations[op].operands;
  return {
    A: storedShape(A),
    ...(reads.includes('B') ? { B: storedShape(B) } : {}),
    ...(C0 === undefined ? {} : { C0: storedShape(C0) }),
  };
}

/** Which operands are taken transposed. */
export function transposedOf({ operands }: JobSpec): { A: boolean; B: boolean } {
  return { A: operands.A.transposed === true, B: operands.B.transposed === true };
}

/** The seed of the operands that the job makes. */
export function seedOf({ operands }: JobSpec): string | undefined {
  const all = [operands.A, operands.B, operands.C0];
  return all.flatMap((operand) => (operand?.kind === 'random' ? [operand.recipe.seed] : []))[0];
}
