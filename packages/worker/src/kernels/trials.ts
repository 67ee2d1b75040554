import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Crashes after which it is left alone, so that one worker killed at the wrong moment changes nothing. */
const crashesToSkip = 2;

/** Then it is tried again: a library may have been updated. */
const memoryMs = 24 * 60 * 60 * 1000;

/**
 * Remembers native code whose first use killed the process (some builds of OpenBLAS do that on processors they don't know),
 * which no error handler sees: a file is written before the first call and removed after it, so one whose process is
 * gone tells of a crash. Synchronous, because nothing may come between the file and the call.
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
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(file, name);
    } catch {
      return firstCalls();
    }
    try {
      return this.#crashes(prefix, statSync(file).mtimeMs) >= crashesToSkip ? undefined : firstCalls();
    } finally {
      rmSync(file, { force: true });
    }
  }

  #crashes(prefix: string, now: number): number {
    let crashes = 0;
    for (const entry of readdirSync(this.#folder)) {
      if (!entry.startsWith(prefix)) continue;
      const pid = Number(entry.slice(prefix.length));
      if (pid === this.#pid || this.#isAlive(pid)) continue;
      const file = join(this.#folder, entry);
      if (now - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0) < memoryMs) crashes++;
      else rmSync(file, { force: true });
    }
    return crashes;
  }
}

function processIsAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}
