import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { signalGroup } from './group.ts';
import { registerGroup } from './registry.ts';
import { startTime } from './start-time.ts';
import type { ProcessIdentity } from './start-time.ts';

/**
 * Waits for one line before it becomes the script. If the cloud dies after the fork and before the new group is
 * registered, the line never comes and the shell ends by itself: there is no moment in which a group runs unseen.
 */
const gate = 'IFS= read -r go || exit 143; exec "$@" </dev/null';

export interface GatedSpawn {
  readonly stateDir: string;
  /** Program and arguments. */
  readonly command: readonly string[];
  readonly directory: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface SpawnedGroup {
  readonly child: ChildProcess;
  readonly leader: ProcessIdentity;
}

/** Starts a command as the leader of a process group of its own, registered before its first instruction. */
export function spawnGated({ stateDir, command, directory, environment }: GatedSpawn): SpawnedGroup {
  const child = spawn('/bin/sh', ['-c', gate, 'sh', ...command], {
    detached: true,
    cwd: directory,
    env: { ...environment },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  // Without a pid the spawn failed; the 'error' event that follows says why.
  const pid = child.pid ?? 0;
  const leader = { pid, startTime: startTime(pid) ?? '' };
  child.stdin!.on('error', () => undefined);
  if (pid !== 0) {
    try {
      registerGroup(stateDir, leader);
    } catch (error) {
      signalGroup(pid, 'SIGKILL');
      throw error;
    }
    child.stdin!.end('go\n');
  }
  return { child, leader };
}
