import { statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cloudMarker } from '../processes/cloud-marker.ts';
import { exterminate } from '../processes/exterminate.ts';
import { registeredGroups } from '../processes/registry.ts';
import { isAlive } from '../processes/start-time.ts';
import { readCloudFile } from './cloud-file.ts';
import { cloudDirectories } from './find.ts';

/** A directory without a state file this young belongs to a cloud that is just being started. */
const startingMs = 60_000;

/**
 * Cleans up after clouds that died together with their watchdogs: ends every process that they left, and removes their
 * directories. Clouds that live are left alone.
 *
 * @returns the directories that were removed.
 */
export async function sweepDeadClouds(stateRoot: string): Promise<string[]> {
  const dead = cloudDirectories(stateRoot).filter(isDead);
  await Promise.all(
    dead.map(async (stateDir) => {
      await exterminate({ groups: registeredGroups(stateDir), marker: cloudMarker(stateDir), graceMs: 0 });
      await rm(stateDir, { recursive: true, force: true, maxRetries: 3 });
    }),
  );
  return dead;
}

function isDead(stateDir: string): boolean {
  const cloud = readCloudFile(stateDir);
  if (cloud !== undefined) return !isAlive(cloud.process);
  try {
    return Date.now() - statSync(stateDir).mtimeMs > startingMs;
  } catch {
    return false;
  }
}
