import { rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { openStore } from '@tessera/matrix';
import { jobKey, JobSpec, newJobId, type Report } from '@tessera/protocol';
import {
  cancelCommand,
  commandStatus,
  createResultQueue,
  deleteResultQueue,
  provisionFleet,
  startMaster,
  type Fleet,
  type StartedMaster,
} from '@tessera/provisioner';
import type { FleetOptions } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { fleetSpec, runningWorkers } from '../cloud/fleet.ts';
import { JobFailedError, UsageError } from '../errors.ts';
import type { Operand } from '../input/operand.ts';
import { bucketPlaces, localPlaces, type Places } from '../input/places.ts';
import { counted, formatSeconds } from '../view/format.ts';
import type { Reporter } from '../view/reporter.ts';
import { awaitReport } from './await-report.ts';
import { bringHome, makeWorkspace, partialPaths, removeEmpty } from './bring-home.ts';
import { followMaster } from './follow.ts';
import { makeOutcome, type Outcome } from './outcome.ts';
import type { JobRequest } from './request.ts';
import { makeSpec } from './spec.ts';
import { uploadOperands } from './upload.ts';

/** What a run of a job needs of the world. */
export interface JobRun {
  readonly request: JobRequest;
  readonly fleet: FleetOptions;
  /** Where the workspace is made. */
  readonly cwd: string;
  /** Folder of this installation. */
  readonly root: string;
  readonly cloud: Cloud;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Milliseconds since the process began. */
  elapsed(): number;
  /** Told what must not stay if the run has to end at once. */
  onPartials(paths: readonly string[]): void;
}

/** A job's end, and what the summary shows beyond it. */
export interface JobEnd {
  readonly outcome: Outcome;
  readonly kernel: Report['kernel'];
}

/**
 * One job from provisioning to the result in its place. Whatever goes wrong, nothing is left half written: the result's
 * partial file and the workspace go, only the master's log stays.
 */
export async function runJob(run: JobRun): Promise<JobEnd> {
  const { request, cloud, signal } = run;
  const jobId = newJobId(Date.now(), Math.random);
  const began = run.elapsed();
  // Where arrays lie on this machine is known before there is a fleet, and what lies there can be cleared any time.
  const local = cloud.kind === 'local' ? localPlaces(run.cwd, jobId, request.out) : undefined;
  if (local !== undefined) run.onPartials(leftovers(local, jobId));
  const log: string[] = [];
  let bucket: string | undefined;
  let started: StartedMaster | undefined;
  let places = local;
  try {
    const [fleet] = await Promise.all([
      bringUp(run),
      createResultQueue(cloud.clients, jobId, { signal }),
      ...(local === undefined ? [] : [makeWorkspace(local)]),
    ]);
    const workers = counted(fleet.workers.length, 'worker');
    run.reporter.paragraph(`Set up in ${formatSeconds((run.elapsed() - began) / 1000)}: a master and ${workers}.`);
    run.reporter.waitFor('the master plans');
    bucket = fleet.bucket;
    places ??= bucketPlaces(fleet.bucket, jobId, request.out);
    run.onPartials(leftovers(places, jobId));
    const uploaded = await uploadOperands(request, places, context(run), signal);
    const size = await fleetSize(run, fleet);
    const spec = JobSpec.parse(
      makeSpec({ ...request, operands: uploaded }, places, size, { jobId, cluster: run.fleet.cluster }),
    );
    const objects = await openStore(`s3://${fleet.bucket}`, context(run));
    await objects.set(jobKey(jobId, 'job'), new TextEncoder().encode(JSON.stringify(spec)), { signal });
    started = await startMaster(cloud.clients, fleet, { jobId, signal });
    const provision = run.elapsed() - began;
    mark(run, `job started, command ${started.commandId}`);

    const report = await watch(run, jobId, started, objects, log);
    checkReport(jobId, report);
    mark(run, 'report read');
    run.reporter.waitFor('results are brought home');
    const home = run.elapsed();
    const given = { A: givenPlace(request.operands.A), B: givenPlace(request.operands.B) };
    const outputs = await bringHome({ places, jobId, given, context: context(run), signal });
    const seconds = {
      total: run.elapsed() / 1000,
      provision: provision / 1000,
      finish: (run.elapsed() - home) / 1000,
    };
    const outcome = makeOutcome(request, report, seconds, { workers: fleet.workers.length, outputs });
    return { outcome, kernel: report.kernel };
  } catch (error) {
    await endWork(run, jobId, bucket, started);
    throw await afterFailure(error, run, jobId, places, log);
  }
}

/** Where the time goes, for those who want to know. */
function mark(run: JobRun, what: string): void {
  run.reporter.detail(`${String(Math.round(run.elapsed())).padStart(6)} ms ${what}`);
}

/** Paths that must not outlive a run that does not succeed. */
function leftovers(places: Places, jobId: string): string[] {
  return [...partialPaths({ places, jobId }), ...(places.folder === undefined ? [] : [places.folder])];
}

function context(run: JobRun) {
  return { s3: () => run.cloud.clients.s3 };
}

async function bringUp(run: JobRun): Promise<Fleet> {
  const { cloud, signal, reporter } = run;
  const running = cloud.ephemeral ? 0 : await runningWorkers(cloud, run.fleet.cluster, signal);
  const spec = await fleetSpec(cloud, run.fleet, run.root, { request: run.request, running, signal });
  return provisionFleet(cloud.clients, spec, { signal, onStep: (step) => reporter.step(step) });
}

async function fleetSize(run: JobRun, fleet: Fleet) {
  const { planSize } = await import('../cloud/fleet.ts');
  return planSize(
    run.cloud,
    run.fleet,
    run.request.options.memoryBytes,
    fleet.workers.length,
    {
      cores: availableParallelism(),
      availableBytes: process.availableMemory(),
    },
    run.signal,
  );
}

/** Shows how the job goes until its report is there. */
async function watch(
  run: JobRun,
  jobId: string,
  master: StartedMaster,
  objects: Awaited<ReturnType<typeof openStore>>,
  log: string[],
): Promise<Report> {
  const { cloud, signal, reporter } = run;
  const done = new AbortController();
  let wake = () => {};
  let heard = false;
  const following = followMaster(
    cloud.clients,
    master,
    {
      event(event) {
        if (!heard) mark(run, 'first event');
        heard = true;
        reporter.event(event);
        if (event.event === 'job:ended') wake();
      },
      line(text) {
        log.push(text);
        reporter.detail(text);
      },
    },
    { until: done.signal, signal },
  );
  try {
    const key = jobKey(jobId, 'report');
    const report = await awaitReport(jobId, {
      async read() {
        const bytes = await objects.get(key, { signal });
        return bytes && new TextDecoder().decode(bytes);
      },
      async ended() {
        const status = await commandStatus(cloud.clients, master, { signal });
        if (status.stderr !== '' && status.ended) log.push(...status.stderr.split('\n'));
        return status.ended ? status : undefined;
      },
      pause: (ms) =>
        new Promise((resolve, reject) => {
          const end = (settle: () => void) => {
            clearTimeout(timer);
            signal.removeEventListener('abort', abort);
            settle();
          };
          const timer = setTimeout(() => end(resolve), ms);
          const abort = () => end(() => reject(signal.reason));
          if (signal.aborted) return abort();
          signal.addEventListener('abort', abort, { once: true });
          wake = () => end(resolve);
        }),
      now: () => performance.now(),
    });
    return report;
  } finally {
    // What is still to come is only for people, and the result is there: the bars may end where they are.
    done.abort();
    await Promise.race([following, new Promise((resolve) => setTimeout(resolve, 150))]);
  }
}

/** Tags of what a person can put right: the job's input was bad in a way that only reading all of it shows. */
const INPUT_TAGS = new Set([
  'NotANumberError',
  'RaggedRowError',
  'MalformedCsvError',
  'InexactIntegerError',
  'PlanDoesNotFitError',
]);

/** @throws UsageError, JobFailedError unless the job is done and right. */
function checkReport(jobId: string, report: Report): void {
  if (report.status === 'done') return;
  const { tag, message, packageId } = report.error ?? { tag: 'unknown', message: `it was ${report.status}` };
  if (INPUT_TAGS.has(tag)) throw new UsageError(message);
  throw new JobFailedError(jobId, message, { packageId });
}

function givenPlace(operand: Operand): string | undefined {
  if (operand.kind === 'random') return undefined;
  const url = operand.kind === 'csv' ? operand.csv.url : operand.url;
  return url.startsWith('file:') ? fileURLToPath(url) : url;
}

/**
 * Ends whatever still works on the job, so that nothing is written after the clean-up. A cloud that this run started ends
 * whole. On a fleet that stays the master is cancelled, and without manifest and queue the packages that are left end at
 * the workers that take them.
 */
async function endWork(
  run: JobRun,
  jobId: string,
  bucket: string | undefined,
  master: StartedMaster | undefined,
): Promise<void> {
  const { clients, ephemeral } = run.cloud;
  if (ephemeral) return run.cloud.close();
  const end = [deleteResultQueue(clients, jobId)];
  if (bucket !== undefined) end.push(dropManifest(run, jobId, bucket));
  if (master !== undefined) end.push(cancelCommand(clients, master.commandId, [master.instanceId]));
  await Promise.allSettled(end);
}

async function dropManifest(run: JobRun, jobId: string, bucket: string): Promise<void> {
  const objects = await openStore(`s3://${bucket}`, context(run));
  await objects.delete(jobKey(jobId, 'manifest'));
}

async function afterFailure(
  error: unknown,
  run: JobRun,
  jobId: string,
  places: Places | undefined,
  log: readonly string[],
): Promise<unknown> {
  const cause: unknown = run.signal.aborted ? run.signal.reason : error;
  if (places === undefined) return cause;
  await removeForGood(leftovers(places, jobId), run.cloud.ephemeral ? 0 : LATE_WRITES_MS);
  if (places.folder === undefined) return cause;
  if (!(cause instanceof JobFailedError)) {
    await removeEmpty(places.folder);
    return cause;
  }
  await makeWorkspace(places);
  const path = join(places.folder, 'master.log');
  await writeFile(path, `${log.join('\n')}\n`);
  return new JobFailedError(jobId, reasonOf(cause), { packageId: cause.packageId, logs: path });
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

function reasonOf(error: JobFailedError): string {
  return error.message.replace(/^job \S+ failed(?: at package \S+)?: /, '');
}
