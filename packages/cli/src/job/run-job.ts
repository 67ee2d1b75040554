import { readdir, rm } from 'node:fs/promises';
import { openStore, type Store } from '@tessera/matrix';
import { jobKey, parseMessage, Report } from '@tessera/protocol';
import { createResultQueue, provisionFleet, startMaster, type Fleet, type StartedMaster } from '@tessera/provisioner';
import { bringCertificate } from '../check/certificate-place.ts';
import { fleetSpec } from '../cloud/fleet.ts';
import { JobFailedError, UsageError } from '../errors.ts';
import { isHere, type Places } from '../input/places.ts';
import { counted, formatSeconds } from '../view/format.ts';
import { bringHome, removeEmpty } from './bring-home.ts';
import { cleanUp, leftovers } from './clean-up.ts';
import { holdJob, isHoldFile, type Hold } from './hold.ts';
import { mark, storeContext, type JobRun } from './job-run.ts';
import { tellLastWords } from './last-words.ts';
import { makeOutcome, type Outcome } from './outcome.ts';
import { keepRecord, recordPath, type JobRecord } from './record.ts';
import { mapOperands } from './request.ts';
import { watchJob } from './watch.ts';

/** A job's end, and what the summary shows beyond it. */
export interface JobEnd {
  readonly outcome: Outcome;
  readonly kernel: Report['kernel'];
  /** The kernel that was asked for. */
  readonly asked: string;
}

/**
 * One job from provisioning to the result in its place. Whatever goes wrong, nothing is left half written: the result's
 * partial file and the workspace go, only the master's log stays. A run that is killed leaves both, with the job's record,
 * and the job can go on; what it goes on with stays, whatever becomes of that run.
 * @throws UnavailableError where another is at work on it; JobFailedError, UsageError for operands that only reading all of them showed to be bad, AwsError, the signal's
 *   reason
 */
export async function runJob(run: JobRun): Promise<JobEnd> {
  const { job, cloud, signal } = run;
  const jobId = job.id;
  let { places } = job;
  const hold = job.hold ?? (places?.folder === undefined ? undefined : await holdJob(places.folder, jobId));
  if (places !== undefined) run.onPartials(leftovers(job, places));
  let bucket: string | undefined;
  let master: StartedMaster | undefined;
  const log: string[] = [];
  try {
    const [fleet] = await Promise.all([bringUp(run), createResultQueue(cloud.clients, jobId, { signal })]);
    const workers = fleet.workers.length;
    run.reporter.paragraph(
      `Set up in ${formatSeconds((run.elapsed() - run.beganAt) / 1000)}: a master and ${counted(workers, 'worker')}.`,
    );
    run.reporter.waitFor('the master plans');
    mark(run, 'fleet up');
    bucket = fleet.bucket;
    const submission = await job.submission({ bucket, workers });
    const { record } = submission;
    places = submission.places;
    run.onPartials(leftovers(job, places));

    const objects = await openStore(`s3://${bucket}`, storeContext(run));
    await submit(run, record, places, objects);
    master = await startMaster(cloud.clients, fleet, { jobId, signal });
    mark(run, `master started, command ${master.commandId}`);

    const report = await watchJob(run, jobId, master, objects, log);
    mark(run, 'report read');
    await tellLastWords(run, fleet, report, Date.now() - (run.elapsed() - run.beganAt), log);
    checkReport(jobId, report);
    run.reporter.waitFor('the result is put in its place');
    const home = run.elapsed();
    const reported = (home - run.beganAt) / 1000;
    const given = mapOperands(record.home.given, (file) => file?.place ?? null);
    const [outputs, certified] = await Promise.all([
      bringHome({ places, jobId, given, context: storeContext(run), signal }),
      lastWord(run, report, objects, places),
    ]);
    const certificate = outputs.C.startsWith('s3:')
      ? certified && `s3://${bucket}/${jobKey(jobId, 'certificate')}`
      : await bringCertificate(certified, outputs.C);
    const end = run.elapsed();
    const seconds = { total: end / 1000, start: run.beganAt / 1000, reported, finish: (end - home) / 1000 };
    const outcome = makeOutcome(record, report, seconds, {
      workers,
      outputs,
      certificate,
      planned: job.resumed?.packages,
    });
    await noteEnd(run, { ...record, outcome: { ...outcome } }, { places, objects, hold });
    return { outcome, kernel: report.kernel, asked: record.kernel };
  } catch (error) {
    throw await cleanUp(run, error, { bucket, master, places, log });
  } finally {
    await hold?.release();
  }
}

async function bringUp({ cloud, signal, reporter, job, fleet, root }: JobRun): Promise<Fleet> {
  const spec = await fleetSpec(cloud.kind, fleet, root, job);
  return provisionFleet(cloud.clients, spec, { signal, onStep: (step) => reporter.step(step) });
}

/** Puts the job where the master reads it, and where whoever goes on with it finds it. */
async function submit({ job, signal }: JobRun, record: JobRecord, places: Places, objects: Store): Promise<void> {
  if (job.resumed === undefined) await keepRecord(record, places.folder);
  else {
    const told = await objects.get(jobKey(job.id, 'report'), { signal });
    // A job that has a report is over for its master; one that ended well has it brought home, any other is tried again.
    const report = told && parseMessage(Report, 'report', new TextDecoder().decode(told));
    if (report && report.status !== 'done') await objects.delete(jobKey(job.id, 'report'), { signal });
    await objects.set(jobKey(job.id, 'manifest'), encoded(job.resumed.manifest), { signal });
  }
  await objects.set(jobKey(job.id, 'job'), encoded(record), { signal });
}

/** The certificate, if there is one: the last thing that is asked of a cloud which keeps nothing of the job. */
async function lastWord(
  { cloud, job, signal }: JobRun,
  report: Report,
  objects: Store,
  places: Places,
): Promise<Uint8Array | undefined> {
  const certified =
    report.verified.method === 'off' ? undefined : await objects.get(jobKey(job.id, 'certificate'), { signal });
  // It ends while the result is put in its place; who closes it later waits for the same end.
  if (cloud.ephemeral && isHere(places)) cloud.close().catch(() => undefined);
  return certified;
}

/** Notes in the record that the job is over, except where nothing but the record would stay of it. */
async function noteEnd(
  { cloud, job }: JobRun,
  record: JobRecord,
  { places, objects, hold }: { places: Places; objects: Store; hold: Hold | undefined },
): Promise<void> {
  if (!cloud.ephemeral) await objects.set(jobKey(job.id, 'job'), encoded(record));
  const { folder } = places;
  if (folder === undefined) return;
  const left = await readdir(folder).catch(() => []);
  if (left.some((name) => name !== 'job.json' && !isHoldFile(name))) return keepRecord(record, folder);
  await rm(recordPath(folder), { force: true });
  await hold?.release();
  await removeEmpty(folder);
}

function encoded(value: object): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value));
}

/** Tags of what a person can put right: the job's input was bad in a way that only reading or planning all of it shows. */
const INPUT_TAGS = new Set([
  'InexactIntegerError',
  'MalformedCsvError',
  'NotANumberError',
  'OperandRefusedError',
  'PlanDoesNotFitError',
  'RaggedRowError',
]);

/** @throws UsageError, JobFailedError unless the job is done and right. */
function checkReport(jobId: string, report: Report): void {
  if (report.status === 'done') return;
  const { tag, message, packageId } = report.error ?? { tag: 'unknown', message: `it was ${report.status}` };
  if (INPUT_TAGS.has(tag)) throw new UsageError(message);
  throw new JobFailedError(jobId, message, { packageId });
}
