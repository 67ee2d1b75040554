import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** The built program, without the package manager around it. */
const program = join(import.meta.dirname, '../../../packages/cli/dist/cli.mjs');

/** A whole command, fleet included: seconds from the start of the process to its end, and what its report says of them. */
export interface Call {
  readonly seconds: number;
  readonly report: Readonly<Record<'plan' | 'compute' | 'verify' | 'finish', number>>;
}

/** Calls the program from a folder, where it also keeps its state. @throws Error unless it ends well */
export function callTessera(args: readonly string[], folder: string): Call {
  const env = { ...process.env, INIT_CWD: folder, TESSERA_HOME: join(folder, 'state') };
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args, '--json'], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')} ended with ${status}: ${stderr}`);
  const seconds = (performance.now() - startedAt) / 1000;
  return { seconds, report: (JSON.parse(stdout) as { seconds: Call['report'] }).seconds };
}
