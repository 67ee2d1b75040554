import type { FleetOptions } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Reporter } from '../view/reporter.ts';
import type { Job } from './job.ts';

/** What a run of a job needs of the world. */
export interface JobRun {
  readonly job: Job;
  readonly fleet: FleetOptions;
  /** Folder of this installation. */
  readonly root: string;
  readonly cloud: Cloud;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
  /** Milliseconds since the process began. */
  elapsed(): number;
  /** When set-up began, in the same milliseconds: before there was a cloud. */
  readonly beganAt: number;
  /** Told what must not stay if the run has to end at once. */
  onPartials(paths: readonly string[]): void;
}

/** The S3 client, for those who open arrays and stores. */
export function storeContext({ cloud }: JobRun) {
  return { s3: () => cloud.clients.s3 };
}

/** Says where the time goes, for those who want to know. */
export function mark(run: JobRun, what: string): void {
  run.reporter.detail(`${String(Math.round(run.elapsed())).padStart(6)} ms ${what}`);
}
