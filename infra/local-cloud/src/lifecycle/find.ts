import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from '../processes/start-time.ts';
import { readCloudFile } from './cloud-file.ts';
import { cloudHandle } from './handle.ts';
import type { CloudHandle } from './handle.ts';

/** The directories of all clouds under `stateRoot`, dead and alive. */
export function cloudDirectories(stateRoot: string): string[] {
  try {
    const root = realpathSync(stateRoot);
    return readdirSync(root)
      .filter((name) => name.startsWith('cloud-'))
      .map((name) => join(root, name));
  } catch {
    return [];
  }
}

/** Whether a cloud that was started to stay lives; it isn't asked. */
export function hasLastingCloud(stateRoot: string): boolean {
  return lastingClouds(stateRoot).length > 0;
}

function lastingClouds(stateRoot: string) {
  return cloudDirectories(stateRoot).flatMap((stateDir) => {
    const cloud = readCloudFile(stateDir);
    return cloud?.detached === true && isAlive(cloud.process) ? [{ stateDir, cloud }] : [];
  });
}

/** The cloud that was started to stay (`tessera up`), if it lives and answers. */
export async function findRunningCloud(stateRoot: string): Promise<CloudHandle | undefined> {
  for (const { stateDir, cloud } of lastingClouds(stateRoot)) {
    if (await answers(cloud.endpoint, cloud.cloudId)) {
      return cloudHandle(stateDir, cloud, () => process.kill(cloud.process.pid, 'SIGTERM'));
    }
  }
  return undefined;
}

const probeMs = 3000;

/** Asks without a signature: the refusal names the cloud, which is all there is to know. */
async function answers(endpoint: string, cloudId: string): Promise<boolean> {
  const { get } = await import('node:http');
  return new Promise((resolve) => {
    const request = get(endpoint, { agent: false, timeout: probeMs }, (response) => {
      response.resume();
      resolve(response.headers['x-tessera-cloud'] === cloudId);
    });
    request.on('timeout', () => request.destroy());
    request.on('error', () => resolve(false));
  });
}
