import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * When the process `pid` was started, in whatever unit the system has for it, or undefined when there is none.
 * A pid is given to another process sooner or later; pid and start time together name one process for good.
 *
 * Linux: field 22 of /proc/<pid>/stat, in clock ticks since boot (proc_pid_stat(5)). Elsewhere `ps -o lstart`, in
 * seconds.
 */
export function startTime(pid: number): string | undefined {
  try {
    if (process.platform === 'linux') {
      const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
      // The command's name stands in parentheses and may hold spaces and parentheses itself.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return fields[0] === 'Z' ? undefined : fields[19];
    }
    const answer = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { LC_ALL: 'C', PATH: '/bin:/usr/bin' },
    });
    return answer.trim() === '' ? undefined : answer.trim().replaceAll(/\s+/g, ' ');
  } catch {
    return undefined;
  }
}

/** One process for good, whatever becomes of its pid. */
export interface ProcessIdentity {
  readonly pid: number;
  readonly startTime: string;
}

/** Whether this very process still runs. */
export function isAlive(identity: ProcessIdentity): boolean {
  return startTime(identity.pid) === identity.startTime;
}
