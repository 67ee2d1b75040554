import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { isAlive, startTime } from '@tessera/local-cloud/lifecycle';
import { z } from 'zod';
import { UnavailableError, UsageError } from '../errors.ts';

/** The right to work on a job's folder: nobody else has it meanwhile. */
export interface Hold {
  /** Gives it up; again does nothing. A process that ends without doing so holds nothing any more. */
  release(): Promise<void>;
}

/** Who holds a folder: one process for good, whatever becomes of its pid. */
const Holder = z.object({ pid: z.int().positive(), startTime: z.string(), host: z.string() });
type Holder = z.infer<typeof Holder>;

const HOLD_FILE = /^\.held-by-\d+$/;

/** Whether a name in a job's folder is no part of the job, but says who is at work on it. */
export function isHoldFile(name: string): boolean {
  return HOLD_FILE.test(name);
}

/**
 * Takes hold of a job's folder, which is made if it is missing. Everybody first says that he is there and then looks who
 * else is: of two at the same moment none may get it, but never both.
 * @throws UnavailableError while a process that lives holds it; UsageError where the folder can't be made
 */
export async function holdJob(folder: string, jobId: string): Promise<Hold> {
  await makeFolder(folder);
  const path = join(folder, `.held-by-${process.pid}`);
  const mine: Holder = { pid: process.pid, startTime: startTime(process.pid) ?? '', host: hostname() };
  // Whoever looks sees all of it or nothing.
  await writeFile(`${path}.partial`, JSON.stringify(mine));
  await rename(`${path}.partial`, path);
  const release = () => rm(path, { force: true });
  for (const name of (await readdir(folder)).filter(isHoldFile)) {
    const other = join(folder, name);
    if (other === path) continue;
    const holder = await holderIn(other);
    if (holder !== undefined && (holder.host !== mine.host || isAlive(holder))) {
      await release();
      const where = holder.host === mine.host ? '' : ` on ${holder.host} (if it is not, remove ${other})`;
      throw new UnavailableError(`job ${jobId} is at work already, by process ${holder.pid}${where}; wait for its end`);
    }
    await rm(other, { force: true });
  }
  return { release };
}

/** @throws UsageError where something else is in the way */
async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'EEXIST' && code !== 'ENOTDIR' && code !== 'ENOENT') throw error;
    throw new UsageError(`the job's files go to ${folder}, but ${dirname(folder)} is not a folder; move it away`);
  }
}

/** @returns undefined where it is gone, or nothing that one of us wrote */
async function holderIn(path: string): Promise<Holder | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return Holder.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
