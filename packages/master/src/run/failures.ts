import { isPassingTag } from '@tessera/queue';

/** Milliseconds before a package goes out again after its 1st, 2nd, ... failure of something that passes by itself. */
const PASSING_MS = [500, 2_000, 8_000, 20_000];
/** Such failures that a package may have for each failure that it may have otherwise: about two minutes in all. */
const PASSING_SHARE = 2;

/** Tag of packages that kill whoever takes them: the worker that says so has only counted the dead. */
const DEADLY_TAG = 'PoisonPackageError';
/** Such verdicts after which nobody else is sent to death. */
const DEADLY_VERDICTS = 2;

export function isDeadlyTag(tag: string): boolean {
  return tag === DEADLY_TAG;
}

/** How often a package failed, of what kind of thing, and what follows. */
export class Failures {
  all = 0;
  #passing = 0;
  #deadly = 0;

  add(tag: string): void {
    this.all++;
    if (isPassingTag(tag)) this.#passing++;
    if (isDeadlyTag(tag)) this.#deadly++;
  }

  /** Whether workers died that had it. One of two that a worker had at once is to blame, and nobody can tell which. */
  get isDeadly(): boolean {
    return this.#deadly > 0;
  }

  /** Whether there is no point in trying again. @param attempts failures after which that is so */
  areTooMany(attempts: number): boolean {
    const others = this.all - this.#passing - this.#deadly;
    return (
      others >= attempts ||
      this.#passing >= PASSING_SHARE * attempts ||
      this.#deadly >= Math.min(DEADLY_VERDICTS, attempts)
    );
  }

  /** How long a package that failed of this waits before it is sent again: what won't pass by itself, not at all. */
  delayMs(tag: string): number {
    return isPassingTag(tag) ? PASSING_MS[Math.min(this.#passing, PASSING_MS.length) - 1]! : 0;
  }
}
