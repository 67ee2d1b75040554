import type { InstallPlan } from '../bundles/presign.ts';
import { idleShutdownLines } from './idle-shutdown.ts';
import { installScript } from './install-script.ts';
import { keepRunning, MASTER_RULE, WORKER_RULE } from './keep-running.ts';
import { environmentLines, nodeLines } from './prelude.ts';
import { claimLines, takeOver } from './take-over.ts';
import { word } from './word.ts';

interface ProgramOptions {
  readonly install: InstallPlan;
  readonly region: string;
  readonly cluster: string;
  readonly bucket: string;
  readonly timeToLiveMinutes?: number | undefined;
}

/** What the script that runs a worker is made of. */
export interface WorkerScriptOptions extends ProgramOptions {
  readonly kernel: string;
  readonly memoryBytes?: number | undefined;
  readonly threads?: number | undefined;
}

/** What the script that runs a master is made of. */
export interface MasterScriptOptions extends ProgramOptions {
  readonly jobId: string;
}

/** Seconds that a former worker gets to finish or release its package. */
const HANDOVER_SECONDS = 60;

/**
 * Every buffer of 1 MiB and more gets pages of its own, which go back to the system when it is freed. Else glibc soon takes
 * what is up to 32 MiB from its heap, where holes between tiles stay resident: 290 MB in a worker of 900 MiB (mallopt(3)).
 */
const MEMORY_LINE = 'export MALLOC_MMAP_THRESHOLD_=1048576';

/** The lines of the command that installs and runs a worker for as long as it is wanted. One worker runs on an instance. */
export function workerScript(options: WorkerScriptOptions): string[] {
  const flags = [
    `--cluster ${word('cluster', options.cluster)}`,
    `--bucket ${word('bucket', options.bucket)}`,
    `--kernel ${word('kernel', options.kernel)}`,
    ...(options.memoryBytes === undefined ? [] : [`--memory ${word('number', options.memoryBytes)}`]),
    ...(options.threads === undefined ? [] : [`--threads ${word('number', options.threads)}`]),
  ];
  return [
    ...environmentLines(options.region),
    ...claimLines(),
    ...nodeLines(),
    ...installScript(options.install),
    ...(options.timeToLiveMinutes === undefined ? [] : idleShutdownLines(options.timeToLiveMinutes)),
    ...takeOver('worker.mjs', HANDOVER_SECONDS),
    MEMORY_LINE,
    ...keepRunning(`worker.mjs ${flags.join(' ')}`, WORKER_RULE),
  ];
}

/** The lines of the command that installs the master's bundle and runs one job. Several jobs may run side by side. */
export function masterScript(options: MasterScriptOptions): string[] {
  const jobId = word('job id', options.jobId);
  const flags = `--job ${jobId} --bucket ${word('bucket', options.bucket)} --cluster ${word('cluster', options.cluster)}`;
  return [
    ...environmentLines(options.region),
    ...nodeLines(),
    ...installScript(options.install),
    `pid_file="$HOME/tessera/master-"${jobId}.pid`,
    ...(options.timeToLiveMinutes === undefined ? [] : idleShutdownLines(options.timeToLiveMinutes)),
    ...keepRunning(`master.mjs ${flags}`, MASTER_RULE),
  ];
}
