import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Crashes after which a library is left alone, so that one worker killed at the wrong moment changes nothing. */
const crashesToSkip = 2;

/** A library is tried again after this: it may have been updated. */
const memoryMs = 24 * 60 * 60 * 1000;

/**
 * Remembers libraries whose first call killed the process (some builds of OpenBLAS do that on processors they don't know),
 * which no error handler sees: a file is written before the first call and removed after it, so one whose process is
 * gone tells of a crash. Synchronous, because nothing may come between the file and the call.
 */
export class BlasTrials {
  readonly #folder: string;
  readonly #pid: number;
  readonly #isAlive: (pid: number) => boolean;

  constructor(folder: string, pid: number = process.pid, isAlive: (pid: number) => boolean = processIsAlive) {
    this.#folder = folder;
    this.#pid = pid;
    this.#isAlive = isAlive;
  }

  /** Runs the first calls of a library. @returns undefined when it crashed earlier workers, which is no reason to try again */
  attempt<Result>(path: string, firstCalls: () => Result): Result | undefined {
    const prefix = `blas-trial-${createHash('sha256').update(path).digest('hex').slice(0, 12)}-`;
    const file = join(this.#folder, `${prefix}${this.#pid}`);
    try {
      mkdirSync(this.#folder, { recursive: true });
      writeFileSync(file, path);
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
    for (const name of readdirSync(this.#folder)) {
      if (!name.startsWith(prefix)) continue;
      const pid = Number(name.slice(prefix.length));
      if (pid === this.#pid || this.#isAlive(pid)) continue;
      const file = join(this.#folder, name);
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
