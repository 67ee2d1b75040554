import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalCloud } from '@tessera/local-cloud';
import type { LocalCloud } from '@tessera/local-cloud';
import { onTestFinished } from 'vitest';

/** Why a test of another client can't run here, or undefined when it can. */
export function missing(command: string, ...args: string[]): string | undefined {
  const { status, error } = spawnSync(command, args, { stdio: 'ignore' });
  return status === 0
    ? undefined
    : `${[command, ...args].join(' ')} does not work here: ${error?.message ?? `exit code ${status}`}`;
}

/** A cloud and a folder for one test. */
export async function cloudAndFolder(): Promise<{ cloud: LocalCloud; folder: string }> {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-interop-'));
  const cloud = await startLocalCloud({ stateDir: join(folder, 'state') });
  onTestFinished(async () => {
    await cloud.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { cloud, folder };
}

/** What points any AWS client at a cloud; nothing of the caller's own AWS configuration gets through. */
export function clientEnvironment(
  { endpoint, region, accessKeyId, secretAccessKey }: LocalCloud,
  folder: string,
): NodeJS.ProcessEnv {
  const { PATH, PYENV_ROOT, PYENV_VERSION, LANG } = process.env;
  return {
    PATH,
    LANG,
    ...(PYENV_ROOT === undefined ? {} : { PYENV_ROOT }),
    ...(PYENV_VERSION === undefined ? {} : { PYENV_VERSION }),
    HOME: folder,
    AWS_ENDPOINT_URL: endpoint,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_MAX_ATTEMPTS: '1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
  };
}

/** Runs a program to its end and answers what it printed. */
export function run(
  command: string,
  args: readonly string[],
  options: { env: NodeJS.ProcessEnv; cwd: string },
): Promise<string> {
  return new Promise((resolve, reject) => {
    execFile(command, args, { ...options, maxBuffer: 64 << 20 }, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${[command, ...args].join(' ')}: ${stderr.trim() || error.message}`, { cause: error }));
    });
  });
}
