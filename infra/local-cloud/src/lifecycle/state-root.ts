import { mkdirSync, mkdtempSync, realpathSync, statfsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { StateRootError } from '../errors.ts';

/** What a cloud of a few machines writes: programs in a bucket and on each machine (17 MB seen for two workers), and logs. */
const LEAST_FREE_BYTES = 64 * 1024 * 1024;

/**
 * Makes a directory for one cloud, and the folder that holds it if that is missing.
 * @returns its real path
 * @throws StateRootError where there can't be one, or no room for what a cloud writes
 */
export function newStateDir(path: string): string {
  try {
    makeFolder(path);
    const { bavail, bsize } = statfsSync(path);
    if (bavail * bsize < LEAST_FREE_BYTES) {
      const mib = (bytes: number) => `${Math.floor(bytes / 1024 / 1024)} MiB`;
      throw new StateRootError(path, `its disk has ${mib(bavail * bsize)} free of the ${mib(LEAST_FREE_BYTES)} needed`);
    }
    return mkdtempSync(join(realpathSync(path), 'cloud-'));
  } catch (error) {
    if (error instanceof StateRootError) throw error;
    throw new StateRootError(path, reasonOf(error), { cause: error });
  }
}

/** Makes a folder and those above it. Node's own way (`recursive`) never ends below /proc, where nobody makes any (24.21). */
function makeFolder(path: string): void {
  if (isFolder(path)) return;
  const above = dirname(path);
  if (above !== path) makeFolder(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!isFolder(path)) throw error;
  }
}

/** @throws ENOTDIR for something else; what else statSync throws */
function isFolder(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found && !found.isDirectory()) throw Object.assign(new Error(`${path} is not a folder`), { code: 'ENOTDIR' });
  return found !== undefined;
}

function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  switch (code) {
    case 'ENOTDIR':
      return 'it is not a folder, or something above it is none';
    case 'EACCES':
    case 'EPERM':
      return 'this user may not write there';
    case 'EROFS':
      return 'its disk is mounted read-only';
    case 'ENOSPC':
    case 'EDQUOT':
      return 'its disk is full';
    case 'ENOENT':
    case 'EEXIST':
      return 'no folder can be made there';
    default:
      return message;
  }
}
