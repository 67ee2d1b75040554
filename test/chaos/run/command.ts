import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startProxy, type FaultProxy } from '../faults/proxy.ts';
import { installShim } from '../faults/shim.ts';
import type { Job } from './jobs.ts';
import { allProcesses, programs, signal, type Role } from './processes.ts';

const program = join(import.meta.dirname, '../../../packages/cli/dist/cli.mjs');

/** Seconds after which a package that somebody took and says nothing about is given to others. */
export const VISIBILITY_SECONDS = 2;
/** Past this a run counts as hanging. Longer than the master's patience with a lost message and one more try. */
const HANGING_MS = 200_000;
/** What ends after the command itself (the watchdog's work after a kill -9) gets this long. */
const GONE_WITHIN_MS = 15_000;

/** How a command ended, and what it left. */
export interface Ended {
  /** Undefined: by a signal. */
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** It was still at it after more than three minutes and had to be killed. */
  readonly hung: boolean;
  readonly seconds: number;
  /** Processes of its cloud that were still there. */
  readonly left: readonly string[];
  readonly requests: FaultProxy['counts'];
}

/** What one run is made of. */
export interface CommandOptions {
  readonly job: Job;
  readonly workers: number;
  /** End of the path of a chunk that kills whoever reads it, as a bad sector under a mapped file does. */
  readonly poison?: string | undefined;
  /** Held up between instances and cloud, every request: a slow network gives faults time to happen. */
  readonly latencyMs?: number | undefined;
}

/** One `tessera` command with a cloud, a master and workers of its own, and the means to trouble them. */
export class ChaosCommand implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'tessera chaos-'));
  readonly proxy: FaultProxy;
  readonly #options: CommandOptions;
  readonly #state = join(this.folder, 'state');
  readonly #fullDisk = join(this.folder, 'disk is full');
  #pid = 0;
  ended = false;

  static async open(options: CommandOptions): Promise<ChaosCommand> {
    if (!existsSync(program)) throw new Error('build first: pnpm build');
    return new ChaosCommand(options, await startProxy());
  }

  private constructor(options: CommandOptions, proxy: FaultProxy) {
    this.#options = options;
    this.proxy = proxy;
    mkdirSync(this.#state);
    const { latencyMs } = options;
    if (latencyMs !== undefined) proxy.deciders.add(() => ({ kind: 'pass', afterMs: latencyMs }));
  }

  /** Runs the command to its end: the job, or what is given instead. */
  async run(args: readonly string[] = [...this.#options.job.args, '--memory', '400MiB']): Promise<Ended> {
    const { workers, poison } = this.#options;
    const tools = join(this.folder, 'tools');
    mkdirSync(tools, { recursive: true });
    this.ended = false;
    installShim(tools);
    const startedAt = performance.now();
    const child = spawn(process.execPath, [program, ...args, '--workers', String(workers), '--json'], {
      cwd: this.folder,
      env: {
        ...process.env,
        INIT_CWD: this.folder,
        PATH: `${tools}:${process.env['PATH']}`,
        TESSERA_HOME: this.#state,
        TESSERA_VISIBILITY_SECONDS: String(VISIBILITY_SECONDS),
        TESSERA_CHAOS_PROXY: String(this.proxy.port),
        TESSERA_CHAOS_FULL_DISK: this.#fullDisk,
        ...(poison === undefined ? {} : { TESSERA_CHAOS_POISON: poison }),
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#pid = child.pid ?? 0;
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    let hung = false;
    const timer = setTimeout(() => {
      hung = true;
      child.kill('SIGKILL');
    }, HANGING_MS);
    const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
    clearTimeout(timer);
    this.ended = true;
    const seconds = (performance.now() - startedAt) / 1000;
    const left = await this.#leftovers();
    return { code: code ?? undefined, stdout, stderr, hung, seconds, left, requests: this.proxy.counts };
  }

  /** The command itself. */
  get pid(): number {
    return this.#pid;
  }

  processes(role: Role): number[] {
    return programs(this.#state, role);
  }

  /** Waits until programs of a role run. @returns none when the command has ended before */
  async awaitProcesses(role: Role, count = 1): Promise<number[]> {
    for (;;) {
      const found = this.processes(role);
      if (found.length >= count) return found;
      if (this.ended) return [];
      await sleep(20);
    }
  }

  /** The job's id, once it has begun. */
  get jobId(): string | undefined {
    const folder = join(this.folder, 'tessera-jobs');
    return existsSync(folder) ? readdirSync(folder)[0] : undefined;
  }

  /** Folder of an array of the job, once it is there. */
  array(name: string): string | undefined {
    const { jobId } = this;
    const path = jobId === undefined ? undefined : join(this.folder, 'tessera-jobs', jobId, `${name}.zarr`);
    return path !== undefined && existsSync(path) ? path : undefined;
  }

  /** From now on, or no longer, nothing can be stored on this disk. */
  fillDisk(full: boolean): void {
    if (full) writeFileSync(this.#fullDisk, '');
    else rmSync(this.#fullDisk, { force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pid of allProcesses(this.#state)) signal(pid, 'SIGKILL');
    await this.proxy.close();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  async #leftovers(): Promise<string[]> {
    for (let waited = 0; ; waited += 100) {
      const processes = allProcesses(this.#state).map((pid) => `process ${pid}`);
      const clouds = readdirSync(this.#state).filter((name) => name.startsWith('cloud-'));
      if (processes.length + clouds.length === 0 || waited >= GONE_WITHIN_MS) return [...processes, ...clouds];
      await sleep(100);
    }
  }
}
