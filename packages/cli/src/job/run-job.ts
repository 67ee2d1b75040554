import { fileURLToPath } from 'node:url';
import { openStore } from '@tessera/matrix';
import { jobKey, JobSpec, newJobId, type Report } from '@tessera/protocol';
import { createResultQueue, provisionFleet, startMaster, type Fleet, type StartedMaster } from '@tessera/provisioner';
import { fleetSpec, planSize, runningWorkers } from '../cloud/fleet.ts';
import { JobFailedError, UsageError } from '../errors.ts';
import type { Operand } from '../input/operand.ts';
import { bucketPlaces, localPlaces } from '../input/places.ts';
import { counted, formatSeconds } from '../view/format.ts';
import { bringHome, makeWorkspace } from './bring-home.ts';
import { cleanUp, leftovers } from './clean-up.ts';
import { mark, storeContext, type JobRun } from './job-run.ts';
import { makeOutcome, type Outcome } from './outcome.ts';
import { mapOperands } from './request.ts';
import { makeSpec } from './spec.ts';
import { uploadOperands } from './upload.ts';
import { watchJob } from './watch.ts';

/** A job's end, and what the summary shows beyond it. */
export interface JobEnd {
  readonly outcome: Outcome;
  readonly kernel: Report['kernel'];
}

/**
 * One job from provisioning to the result in its place. Whatever goes wrong, nothing is left half written: the result's
 * partial file and the workspace go, only the master's log stays.
 * @throws JobFailedError, UsageError for operands that only reading all of them showed to be bad, AwsError, the signal's
 *   reason
 */
export async function runJob(run: JobRun): Promise<JobEnd> {
  const { request, cloud, signal } = run;
  const jobId = newJobId(Date.now(), Math.random);
  // Where arrays lie on this machine is known before there is a fleet.
  let places = cloud.kind === 'local' ? localPlaces(run.cwd, jobId, request.out) : undefined;
  if (places !== undefined) run.onPartials(leftovers(places, jobId));
  let bucket: string | undefined;
  let master: StartedMaster | undefined;
  const log: string[] = [];
  try {
    const [fleet] = await Promise.all([
      bringUp(run),
      createResultQueue(cloud.clients, jobId, { signal }),
      places && makeWorkspace(places),
    ]);
    const workers = fleet.workers.length;
    run.reporter.paragraph(
      `Set up in ${formatSeconds((run.elapsed() - run.beganAt) / 1000)}: a master and ${counted(workers, 'worker')}.`,
    );
    run.reporter.waitFor('the master plans');
    mark(run, 'fleet up');
    bucket = fleet.bucket;
    places ??= bucketPlaces(bucket, jobId, request.out);
    run.onPartials(leftovers(places, jobId));

    const operands = await uploadOperands(request, places, storeContext(run), signal);
    const size = await planSize(cloud, run.fleet, request.options.memoryBytes, workers, signal);
    const names = { jobId, cluster: run.fleet.cluster };
    const spec = JobSpec.parse(makeSpec({ ...request, operands }, places, size, names));
    const objects = await openStore(`s3://${bucket}`, storeContext(run));
    await objects.set(jobKey(jobId, 'job'), new TextEncoder().encode(JSON.stringify(spec)), { signal });
    master = await startMaster(cloud.clients, fleet, { jobId, signal });
    mark(run, `master started, command ${master.commandId}`);

    const report = await watchJob(run, jobId, master, objects, log);
    mark(run, 'report read');
    checkReport(jobId, report);
    run.reporter.waitFor('the result is put in its place');
    const home = run.elapsed();
    const reported = (home - run.beganAt) / 1000;
    const given = mapOperands(request.operands, givenPlace);
    const outputs = await bringHome({ places, jobId, given, context: storeContext(run), signal });
    const end = run.elapsed();
    const seconds = { total: end / 1000, reported, finish: (end - home) / 1000 };
    return { outcome: makeOutcome(request, report, seconds, { workers, outputs }), kernel: report.kernel };
  } catch (error) {
    throw await cleanUp(run, jobId, error, { bucket, master, places, log });
  }
}

async function bringUp(run: JobRun): Promise<Fleet> {
  const { cloud, signal, reporter, request } = run;
  const running = cloud.ephemeral ? 0 : await runningWorkers(cloud, run.fleet.cluster, signal);
  const spec = await fleetSpec(cloud, run.fleet, run.root, { request, running });
  return provisionFleet(cloud.clients, spec, { signal, onStep: (step) => reporter.step(step) });
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

/** Where an operand that came as a file is. */
function givenPlace(operand: Operand): string | null {
  if (operand.kind === 'random') return null;
  const url = operand.kind === 'csv' ? operand.csv.url : operand.url;
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}
