import { join } from 'node:path';

/** The script that runs a local cloud. @param root folder of this installation */
export function localCloudScript(root: string): string {
  return join(root, 'infra', 'local-cloud', 'dist', 'local-cloud.mjs');
}
