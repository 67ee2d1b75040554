import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openStore } from '@tessera/matrix';
import { jobKey } from '@tessera/protocol';
import { cancelCommand, deleteResultQueue, type StartedMaster } from '@tessera/provisioner';
import { JobFailedError } from '../errors.ts';
import type { Places } from '../input/places.ts';
import { makeWorkspace, partialPaths, removeEmpty } from './bring-home.ts';
import type { Job } from './job.ts';
import { storeContext, type JobRun } from './job-run.ts';

/** How far a job got before it had to end. */
export interface Started {
  readonly bucket: string | undefined;
  readonly master: StartedMaster | undefined;
  readonly places: Places | undefined;
  /** What the master said. */
  readonly log: readonly string[];
}

/** Paths that must not outlive a run that does not succeed. One that goes on leaves what it went on with. */
export function leftovers({ id: jobId, resumed }: Pick<Job, 'id' | 'resumed'>, places: Places): string[] {
  const partials = partialPaths({ places, jobId });
  if (resumed !== undefined) return places.delivery.kind === 'rename' ? [] : partials;
  return [...partials, ...(places.folder === undefined ? [] : [places.folder])];
}

/**
 * Ends whatever still works on the job, then removes what it made. A cloud that this run started ends whole. On a fleet
 * that stays the master is cancelled, and without manifest and queue the packages that are left end at the workers that
 * take them.
 * @returns what to tell: the wish to stop, where that was the cause, or the error, with the place of the log that stays
 */
export async function cleanUp(run: JobRun, error: unknown, started: Started): Promise<unknown> {
  const { id: jobId, resumed } = run.job;
  if (run.cloud.ephemeral) await run.cloud.close();
  else await endWork(run, started);

  const cause: unknown = run.signal.aborted ? run.signal.reason : error;
  const { places, log } = started;
  if (places === undefined) return cause;
  await removeForGood(leftovers(run.job, places), run.cloud.ephemeral ? 0 : LATE_WRITES_MS);
  if (places.folder === undefined) return cause;
  if (resumed !== undefined)
    run.reporter.paragraph(
      `What is done of job ${jobId} stays in ${places.folder}; \`resume ${jobId}\` goes on with it again.`,
    );
  if (!(cause instanceof JobFailedError) || log.length === 0) {
    if (resumed === undefined) await removeEmpty(places.folder);
    return cause;
  }
  await makeWorkspace(places);
  const path = join(places.folder, 'master.log');
  await writeFile(path, `${log.join('\n')}\n`);
  return new JobFailedError(jobId, cause.reason, { packageId: cause.packageId, logs: path });
}

async function endWork(run: JobRun, { bucket, master }: Started): Promise<void> {
  const { clients } = run.cloud;
  const end = [deleteResultQueue(clients, run.job.id)];
  if (bucket !== undefined) end.push(dropManifest(run, bucket));
  if (master !== undefined) end.push(cancelCommand(clients, master.commandId, [master.instanceId]));
  await Promise.allSettled(end);
}

async function dropManifest(run: JobRun, bucket: string): Promise<void> {
  const objects = await openStore(`s3://${bucket}`, storeContext(run));
  await objects.delete(jobKey(run.job.id, 'manifest'));
}

/** Workers of a fleet that stays finish the package that they have; this long what they write is removed again. */
const LATE_WRITES_MS = 1_000;
const LOOK_AGAIN_MS = 200;

async function removeForGood(paths: readonly string[], untilMs: number): Promise<void> {
  for (let waited = 0; ; waited += LOOK_AGAIN_MS) {
    for (const path of paths) await rm(path, { recursive: true, force: true, maxRetries: 3 });
    if (waited >= untilMs) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
}
