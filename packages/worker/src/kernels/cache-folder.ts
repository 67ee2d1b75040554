import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes the folder, and the one above it, which a new home may lack (`~/.cache`). Not by Node's `recursive`, which never ends
 * below /proc (24.21).
 */
export function makeCacheFolder(folder: string): void {
  for (const path of [dirname(folder), folder]) {
    try {
      if (!existsSync(path)) mkdirSync(path);
    } catch (error) {
      // Another worker makes it too.
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
