import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const preload = join(import.meta.dirname, 'preload.cjs');

/**
 * Makes `node-24`, which instances look for first: this Node with the faults of `preload.cjs` in it. The command line and
 * the cloud itself run on the plain one.
 * @param folder a folder that comes first in the PATH
 */
export function installShim(folder: string): void {
  const quoted = [process.execPath, preload].map((path) => `'${path.replaceAll("'", "'\\''")}'`);
  writeFileSync(join(folder, 'node-24'), `#!/bin/sh\nexec ${quoted[0]} --require ${quoted[1]} "$@"\n`, { mode: 0o755 });
}
