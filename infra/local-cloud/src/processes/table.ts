import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** Which processes to look for. */
export interface Wanted {
  /** Ids of process groups. */
  readonly groups: ReadonlySet<number>;
  /**
   * `NAME=value` as it stands in the environment. Children inherit their environment, so this finds those too that
   * left their process group and session (`setsid`, a daemon).
   */
  readonly marker?: string;
}

/**
 * The living processes that are wanted. Zombies don't count: they run nothing, and where process 1 doesn't reap they
 * stay for ever.
 */
export function livingProcesses(wanted: Wanted): number[] {
  return process.platform === 'linux' ? fromProc(wanted) : fromPs(wanted);
}

/** proc_pid_stat(5): state and group are fields 3 and 5; proc_pid_environ(5): strings that end in NUL. */
function fromProc({ groups, marker }: Wanted): number[] {
  const needle = marker === undefined ? undefined : Buffer.from(`\0${marker}\0`, 'utf8');
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number)
    .filter((pid) => {
      if (pid === process.pid) return false;
      try {
        const marked = needle !== undefined && environment(pid).includes(needle);
        if (!marked && groups.size === 0) return false;
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return state !== 'Z' && (marked || groups.has(Number(group)));
      } catch {
        // Another user's process, or one that ended meanwhile.
        return false;
      }
    });
}

/** Every variable with a NUL on both sides. */
function environment(pid: number): Buffer {
  return Buffer.concat([frame, readFileSync(`/proc/${pid}/environ`), frame]);
}

const frame = Buffer.of(0);

/** `ps -E` shows the environment of the caller's own processes after the command, where the system allows it. */
function fromPs({ groups, marker }: Wanted): number[] {
  let listing: string;
  try {
    listing = execFileSync('ps', ['-axwwE', '-o', 'pid=,pgid=,stat=,command='], {
      encoding: 'utf8',
      maxBuffer: 64 << 20,
    });
  } catch {
    return [];
  }
  return listing.split('\n').flatMap((line) => {
    const [, pid, group, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s(.*)$/.exec(line) ?? [];
    if (pid === undefined || state!.startsWith('Z') || Number(pid) === process.pid) return [];
    const marked = marker !== undefined && ` ${command} `.includes(` ${marker} `);
    return marked || groups.has(Number(group)) ? [Number(pid)] : [];
  });
}
