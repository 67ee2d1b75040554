import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessIdentity } from '../processes/start-time.ts';

/** What a running cloud leaves in its directory, for its owner's eyes only, so that later commands can join it. */
export interface CloudFile {
  readonly v: 1;
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Answered by the cloud in the header `x-tessera-cloud`. */
  readonly cloudId: string;
  readonly process: ProcessIdentity;
  /** Whether it goes on when the command that started it ends. */
  readonly detached: boolean;
}

const fileName = 'cloud.json';

/** Writes the file whole or not at all. */
export function writeCloudFile(stateDir: string, cloud: CloudFile): void {
  const partial = join(stateDir, `.${fileName}.${process.pid}`);
  writeFileSync(partial, `${JSON.stringify(cloud, null, 2)}\n`, { mode: 0o600 });
  renameSync(partial, join(stateDir, fileName));
}

/** The file's content, or undefined when there is none, or none of this version. */
export function readCloudFile(stateDir: string): CloudFile | undefined {
  try {
    const found = JSON.parse(readFileSync(join(stateDir, fileName), 'utf8')) as Partial<CloudFile> | null;
    const strings = [
      found?.endpoint,
      found?.region,
      found?.accessKeyId,
      found?.secretAccessKey,
      found?.cloudId,
      found?.process?.startTime,
    ];
    const whole =
      found?.v === 1 && strings.every((value) => typeof value === 'string') && Number.isInteger(found.process?.pid);
    return whole ? (found as CloudFile) : undefined;
  } catch {
    return undefined;
  }
}
