import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const program = join(import.meta.dirname, '../../packages/cli/dist/cli.mjs');

/** What a finished command left. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A command under way. */
export interface Running {
  readonly child: ChildProcess;
  readonly finished: Promise<Finished>;
  /** Resolves once the text has been printed, on either stream. */
  printed(text: string): Promise<void>;
}

/** A folder to call the CLI from, with a state directory of its own (a space in both), and the CLI. */
export interface Desk extends AsyncDisposable {
  readonly folder: string;
  path(name: string): string;
  start(...args: string[]): Running;
  run(...args: string[]): Promise<Finished>;
  /** Runs with `--json` and parses what is printed. */
  json(...args: string[]): Promise<Record<string, unknown> & { outputs: { A: string; B: string; C: string } }>;
  /** Processes that belong to clouds started from here, by their environment and arguments; of one program, if it is named. */
  processes(program?: string): number[];
}

export function openDesk(): Desk {
  if (!existsSync(program)) throw new Error('build first: pnpm build');
  const folder = mkdtempSync(join(tmpdir(), 'tessera e2e-'));
  const state = join(folder, 'state dir');
  const start = (...args: string[]): Running => {
    const child = spawn(process.execPath, [program, ...args], {
      cwd: folder,
      env: { ...process.env, INIT_CWD: folder, TESSERA_HOME: state, NO_COLOR: undefined, FORCE_COLOR: undefined },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let stdout = '';
    let stderr = '';
    const listeners = new Set<() => void>();
    const listen = (add: (text: string) => void) => (chunk: Buffer) => {
      add(chunk.toString());
      for (const listener of listeners) listener();
    };
    child.stdout.on(
      'data',
      listen((text) => (stdout += text)),
    );
    child.stderr.on(
      'data',
      listen((text) => (stderr += text)),
    );
    const finished = new Promise<Finished>((resolve) => {
      child.once('close', (code) => resolve({ code, stdout, stderr }));
    });
    return {
      child,
      finished,
      printed: (text) =>
        new Promise((resolve, reject) => {
          const look = () => {
            if (!stdout.includes(text) && !stderr.includes(text)) return;
            listeners.delete(look);
            resolve();
          };
          listeners.add(look);
          void finished.then(() => {
            look();
            reject(new Error(`ended without printing ${JSON.stringify(text)}:\n${stdout}${stderr}`));
          });
          look();
        }),
    };
  };
  const run = (...args: string[]) => start(...args).finished;
  return {
    folder,
    path: (name) => join(folder, name),
    start,
    run,
    async json(...args) {
      const { code, stdout, stderr } = await run(...args, '--json');
      if (code !== 0) throw new Error(`exit code ${code}: ${stderr}${stdout}`);
      return JSON.parse(stdout) as Awaited<ReturnType<Desk['json']>>;
    },
    processes: (program = '') =>
      processesMentioning(state).filter((pid) => read(`/proc/${pid}/cmdline`).includes(program)),
    async [Symbol.asyncDispose]() {
      await run('down', '--terminate');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Linux only: processes whose arguments or environment mention a text, this one aside. */
function processesMentioning(text: string): number[] {
  if (!existsSync('/proc/self/environ')) return [];
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid)
    .filter((pid) => ['cmdline', 'environ'].some((file) => read(`/proc/${pid}/${file}`).includes(text)));
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
