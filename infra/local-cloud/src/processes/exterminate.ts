import { setTimeout as sleep } from 'node:timers/promises';
import { isSameGroup } from './group.ts';
import type { ProcessIdentity } from './start-time.ts';
import { livingProcesses } from './table.ts';

export interface Extermination {
  /** Leaders of the groups to end. */
  readonly groups: readonly ProcessIdentity[];
  /** `NAME=value` in the environment of every process to end, members of those groups or not. */
  readonly marker: string;
  /** Between SIGTERM and SIGKILL; 0 kills at once. */
  readonly graceMs: number;
}

const shortestPauseMs = 2;
const longestPauseMs = 50;
/** Something that still appears after this many rounds of SIGKILL is not ours to end (a stopped kernel thread). */
const mostKillRounds = 60;

/**
 * Ends processes and answers when none is left: SIGTERM first, SIGKILL after `graceMs`, and SIGKILL again for whatever
 * was forked in between. Waits by the machine's time: processes know no other.
 *
 * @returns false when something survived even that.
 */
export async function exterminate({ groups, marker, graceMs }: Extermination): Promise<boolean> {
  const look = (): number[] =>
    livingProcesses({ groups: new Set(groups.filter(isSameGroup).map((leader) => leader.pid)), marker });

  let living = look();
  signalEach(living, 'SIGTERM');
  // A stopped process takes SIGTERM only once it goes on.
  signalEach(living, 'SIGCONT');
  let wait = shortestPauseMs;
  for (
    let waited = 0;
    living.length > 0 && waited < graceMs;
    waited += wait, wait = Math.min(wait * 1.5, longestPauseMs)
  ) {
    await sleep(Math.min(wait, graceMs - waited));
    living = look();
  }
  wait = shortestPauseMs;
  for (let round = 0; living.length > 0 && round < mostKillRounds; round++) {
    signalEach(living, 'SIGKILL');
    await sleep(wait);
    wait = Math.min(wait * 2, longestPauseMs);
    living = look();
  }
  return living.length === 0;
}

function signalEach(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // It ended between the look and the signal.
    }
  }
}
