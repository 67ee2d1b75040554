import { startTime } from './start-time.ts';
import type { ProcessIdentity } from './start-time.ts';

/** Sends `signal` to every member of a process group. Answers false when there was nobody to receive it. */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  // kill(0) and kill(-1) mean "my own group" and "everybody": no group id of ours is ever that small.
  if (groupId <= 1) return false;
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    // EPERM: members exist, none of them is ours any more (a set-uid program); there is nothing else to do to it.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * Whether the group that `leader` started may be signalled. While any member of it lives the system gives its id to no
 * new process, so a process with that pid and another start time means that the group is long gone.
 */
export function isSameGroup(leader: ProcessIdentity): boolean {
  const found = startTime(leader.pid);
  return found === undefined || found === leader.startTime;
}
