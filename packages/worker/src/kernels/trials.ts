import { createHash } from 'node:crypto';
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeCacheFolder } from './cache-folder.ts';

/** Crashes in a row after which it is left alone: workers are killed for many reasons, at the wrong moment too. */
const crashesToSkip = 3;

/** Deaths so close to each other count as one: whoever ends a fleet kills all its workers at once. */
const togetherMs = 500;

/** Then it is tried again: a library may have been updated. */
const memoryMs = 24 * 60 * 60 * 1000;

/**
 * Remembers native code whose first use killed the process (some builds of OpenBLAS do that on processors they don't know),
 * which no error handler sees: a file is written before the first call and removed after it, so one whose process is
 * gone tells of a crash, or of a kill that happened to come then. The next first use that ends well proves that it was a
 * kill. Synchronous, because nothing may come between the file and the call.
 */
export class Trials {
  readonly #folder: string;
  readonly #pid: number;
  readonly #isAlive: (pid: number) => boolean;

  constructor(folder: string, pid: number = process.pid, isAlive: (pid: number) => boolean = processIsAlive) {
    this.#folder = folder;
    this.#pid = pid;
    this.#isAlive = isAlive;
  }

  /**
   * Runs the first calls of what `name` stands for, a library's path for instance.
   * @returns undefined when it crashed earlier workers, which is no reason to try again
   */
  attempt<Result>(name: string, firstCalls: () => Result): Result | undefined {
    const prefix = `kernel-trial-${createHash('sha256').update(name).digest('hex').slice(0, 12)}-`;
    const file = join(this.#folder, `${prefix}${this.#pid}`);
    try {
      makeCacheFolder(this.#folder);
      writeFileSync(file, name);
    } catch {
      return firstCalls();
    }
    try {
      const deaths = this.#deaths(prefix, statSync(file).mtimeMs);
      if (inARow(deaths.map(({ at }) => at)) >= crashesToSkip) return undefined;
      try {
        return firstCalls();
      } finally {
        for (const { path } of deaths) rmSync(path, { force: true });
      }
    } finally {
      rmSync(file, { force: true });
    }
  }

  /** Files of processes that are gone, but for those that are too old to tell anything. */
  #deaths(prefix: string, now: number): { readonly path: string; readonly at: number }[] {
    const deaths: { path: string; at: number }[] = [];
    for (const entry of readdirSync(this.#folder)) {
      if (!entry.startsWith(prefix)) continue;
      const pid = Number(entry.slice(prefix.length));
      if (pid === this.#pid || this.#isAlive(pid)) continue;
      const path = join(this.#folder, entry);
      const at = statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
      if (now - at < memoryMs) deaths.push({ path, at });
      else rmSync(path, { force: true });
    }
    return deaths;
  }
}

/** How many times somebody died, with those who died together counted once. */
function inARow(moments: readonly number[]): number {
  const sorted = moments.toSorted((one, other) => one - other);
  return sorted.filter((at, i) => i === 0 || at - sorted[i - 1]! > togetherMs).length;
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
