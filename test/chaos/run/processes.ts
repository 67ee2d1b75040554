import { existsSync, readdirSync, readFileSync } from 'node:fs';

/** Whether processes can be found and signalled here as these tests do it. */
export const canLook = existsSync('/proc/self/environ');

/** The programs of a cloud. */
export type Role = 'worker' | 'master' | 'cloud';

const MARKS: Readonly<Record<Role, RegExp>> = {
  worker: /\/tessera\/bundles\/[0-9a-f]+\/worker\.mjs\0/,
  master: /\/tessera\/bundles\/[0-9a-f]+\/master\.mjs\0/,
  cloud: /\/local-cloud\.mjs\0/,
};

/** Every living process that belongs to the clouds of a state directory, by its environment or arguments. */
export function allProcesses(stateDir: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => Number.isInteger(pid) && pid !== process.pid && !isZombie(pid))
    .filter((pid) => ['cmdline', 'environ'].some((file) => read(pid, file).includes(stateDir)));
}

/** The Node processes of one role. */
export function programs(stateDir: string, role: Role): number[] {
  return allProcesses(stateDir).filter((pid) => {
    const command = read(pid, 'cmdline');
    return MARKS[role].test(command) && !/^[^\0]*\bsh\0/.test(command);
  });
}

/** Id of a process's group. proc_pid_stat(5): field 5. */
export function groupOf(pid: number): number | undefined {
  const group = Number(fields(pid)[2]);
  return group > 1 ? group : undefined;
}

/** How a process was started, to start it once more. */
export function startOf(pid: number): {
  readonly args: string[];
  readonly env: Record<string, string>;
  readonly cwd: string;
} {
  const env = Object.fromEntries(
    read(pid, 'environ')
      .split('\0')
      .filter(Boolean)
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return { args: read(pid, 'cmdline').split('\0').slice(0, -1), env, cwd: env['HOME'] ?? '/' };
}

/** Sends a signal. @returns whether somebody was there to get it */
export function signal(pid: number, name: NodeJS.Signals): boolean {
  try {
    process.kill(pid, name);
    return true;
  } catch {
    return false;
  }
}

function isZombie(pid: number): boolean {
  return fields(pid)[0] === 'Z';
}

/** The fields of stat from the third on. */
function fields(pid: number): string[] {
  const stat = read(pid, 'stat');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return '';
  }
}
