import { existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from '../processes/start-time.ts';
import type { CloudFile } from './cloud-file.ts';

/** A cloud that runs in a process of its own. */
export interface CloudHandle {
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly pid: number;
  readonly stateDir: string;
  readonly detached: boolean;
  /** Ends the cloud with all its instances, and answers when neither process nor directory is left. */
  stop(): Promise<void>;
}

/** A cloud ends its instances' processes within a few seconds; one that takes longer than this hangs. */
const patienceMs = 20_000;
const stepMs = 5;

export function cloudHandle(stateDir: string, cloud: CloudFile, askToEnd: () => void): CloudHandle {
  const { endpoint, region, accessKeyId, secretAccessKey, detached } = cloud;
  const { pid } = cloud.process;
  let stopping: Promise<void> | undefined;
  const stop = async (): Promise<void> => {
    if (isAlive(cloud.process)) askToEnd();
    if (!(await until(() => !isAlive(cloud.process), patienceMs)) && isAlive(cloud.process))
      process.kill(pid, 'SIGKILL');
    // After a SIGKILL the cloud's watchdog cleans up.
    await until(() => !existsSync(stateDir), patienceMs);
  };
  return { endpoint, region, accessKeyId, secretAccessKey, pid, stateDir, detached, stop: () => (stopping ??= stop()) };
}

async function until(condition: () => boolean, longestMs: number): Promise<boolean> {
  for (let waited = 0; !condition(); waited += stepMs) {
    if (waited >= longestMs) return false;
    await sleep(stepMs);
  }
  return true;
}
