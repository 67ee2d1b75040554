import { existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore, type StoreContext } from '@tessera/matrix';
import { formatShape, jobKey } from '@tessera/protocol';
import type { Command } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { UnavailableError, UsageError } from '../errors.ts';
import { formulaText } from '../formula.ts';
import { readOutput } from '../input/output.ts';
import { bucketPlaces, localPlaces, type Places } from '../input/places.ts';
import { parseRecord, recordPath, storedShapes, transposedOf, type JobRecord } from '../job/record.ts';
import { mapOperands } from '../job/request.ts';
import { removeEmpty } from '../job/bring-home.ts';
import { holdJob, type Hold } from '../job/hold.ts';
import { resumedJob } from '../job/resumed-job.ts';
import type { CommandContext } from './context.ts';
import { findCloud } from './open-cloud.ts';
import { perform } from './perform.ts';

type ResumeCommand = Extract<Command, { name: 'resume' }>;

/** `resume JOB`: goes on with a job whose run was cut off. Tiles that are whole in its store are kept. */
export async function resume(command: ResumeCommand, context: CommandContext): Promise<void> {
  const { fleet, say, jobId } = command;
  let here = fleet.cloud === 'local' ? localRecord(jobId, context.world.cwd) : undefined;
  if (here?.outcome !== undefined) return showEnded(here, command, context);
  const cloud = await findCloud(fleet, context);
  let hold: Hold | undefined;
  try {
    const bucket = cloud && (await lookAtFleet(cloud, command, context));
    if (here !== undefined) {
      hold = await holdJob(jobFolder(jobId, context.world.cwd), jobId);
      // Whoever held it before may have ended it since.
      here = localRecord(jobId, context.world.cwd);
    }
    const store = { s3: () => cloud!.clients.s3 };
    const record = here ?? (await bucketRecord(jobId, bucket, fleet.cluster, store));
    if (record.outcome !== undefined) return showEnded(record, command, context);
    const job = await resumedJob(record, placesOf(record, bucket), store);
    announce(record, context);
    const workers = fleet.workers ?? job.workers;
    const options = { ...fleet, cluster: record.cluster };
    await perform(() => ({ ...job, workers, hold }), { fleet: options, say, cloud, hint: () => undefined }, context);
  } finally {
    await hold?.release();
    if (hold !== undefined) await removeEmpty(jobFolder(jobId, context.world.cwd));
    await cloud?.close();
  }
}

function jobFolder(jobId: string, cwd: string): string {
  return join(cwd, 'tessera-jobs', jobId);
}

/** @throws UsageError where there is none that can be read */
function localRecord(jobId: string, cwd: string): JobRecord {
  const path = recordPath(jobFolder(jobId, cwd));
  if (!existsSync(path)) {
    throw new UsageError(
      `there is no job ${jobId} here: ${path} is missing. Call from the folder that it was begun in; a job that failed, ` +
        'was interrupted, or ended with nothing in its folder is not kept',
    );
  }
  return readRecord(readFileSync(path, 'utf8'), path);
}

async function bucketRecord(
  jobId: string,
  bucket: string | undefined,
  cluster: string,
  context: StoreContext,
): Promise<JobRecord> {
  const where = bucket === undefined ? `the fleet ${cluster} has no bucket` : `its bucket ${bucket} has no such job`;
  const objects = bucket === undefined ? undefined : await openStore(`s3://${bucket}`, context);
  const text = await objects?.get(jobKey(jobId, 'job'));
  if (text === undefined) throw new UsageError(`there is no job ${jobId} to go on with: ${where}`);
  return readRecord(new TextDecoder().decode(text), `job ${jobId} of bucket ${bucket}`);
}

function readRecord(text: string, what: string): JobRecord {
  try {
    return parseRecord(text);
  } catch (error) {
    throw new UsageError(`${what} can't be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Looks at a fleet that stays: its bucket. @throws UnavailableError while the job's own master is at work there */
async function lookAtFleet(
  cloud: Cloud,
  { fleet, jobId }: ResumeCommand,
  { stop }: CommandContext,
): Promise<string | undefined> {
  const { describeFleet } = await import('@tessera/provisioner');
  const { bucket, commands } = await describeFleet(cloud.clients, fleet.cluster, { signal: stop.signal });
  if (commands.some(({ program, subject }) => program === 'master' && subject === jobId)) {
    throw new UnavailableError(`job ${jobId} is still at work on the fleet; wait until \`status\` no longer shows it`);
  }
  return bucket;
}

function placesOf({ jobId, home, workspace }: JobRecord, bucket: string | undefined): Places {
  const out = home.out === null ? undefined : readOutput('/', home.out);
  if (workspace.startsWith('s3:')) return bucketPlaces(bucket ?? '', jobId, out);
  // <cwd>/tessera-jobs/<jobId>
  const folder = fileURLToPath(workspace);
  const cwd = basename(folder) === jobId ? dirname(dirname(folder)) : folder;
  return localPlaces(cwd, jobId, out);
}

function announce(record: JobRecord, { reporter, style }: CommandContext): void {
  const { op, alpha, beta, dtype, jobId } = record;
  const formula = { op, alpha, beta, transposed: transposedOf(record) };
  const text = formulaText(formula, mapOperands(storedShapes(record), formatShape));
  reporter.paragraph(`job ${jobId} goes on: ${op} ${text}, ${dtype}`, style.bold);
}

function showEnded({ jobId, outcome }: JobRecord, { say }: ResumeCommand, context: CommandContext): void {
  if (say.json) return context.printJson(outcome);
  const { C } = (outcome?.['outputs'] ?? {}) as { C?: string };
  context.reporter.paragraph(`Job ${jobId} ended well, and there is nothing left to do. Its result was put at:`);
  context.reporter.say(String(C));
}
