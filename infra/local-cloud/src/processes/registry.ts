import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from './start-time.ts';

/**
 * The process groups that a cloud started, one file each in `<state directory>/groups`: the file's name is the id of
 * the group's leader, its content the leader's start time. It lies on disk because three readers need it, and two of
 * them when the cloud is dead: the cloud, its watchdog, and the next start's sweep.
 */
export function groupsDirectory(stateDir: string): string {
  return join(stateDir, 'groups');
}

export function createRegistry(stateDir: string): void {
  mkdirSync(groupsDirectory(stateDir), { mode: 0o700, recursive: true });
}

export function registerGroup(stateDir: string, leader: ProcessIdentity): void {
  writeFileSync(join(groupsDirectory(stateDir), String(leader.pid)), leader.startTime, { mode: 0o600 });
}

export function forgetGroup(stateDir: string, leader: ProcessIdentity): void {
  rmSync(join(groupsDirectory(stateDir), String(leader.pid)), { force: true });
}

export function registeredGroups(stateDir: string): ProcessIdentity[] {
  let names: string[];
  try {
    names = readdirSync(groupsDirectory(stateDir));
  } catch {
    return [];
  }
  return names
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [{ pid: Number(name), startTime: readFileSync(join(groupsDirectory(stateDir), name), 'utf8') }];
      } catch {
        return [];
      }
    });
}
