import { InterruptedError } from './errors.ts';

/** Where signals come from: a process. */
export interface SignalSource {
  on(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
  removeListener(signal: 'SIGINT' | 'SIGTERM', listener: () => void): unknown;
}

/** The wish to stop. */
export interface Stop {
  /** Aborted with an `InterruptedError` by the first SIGINT or SIGTERM. */
  readonly signal: AbortSignal;
  /** Stops listening. */
  dispose(): void;
}

/**
 * Below this, two signals are one wish: a terminal sends Ctrl-C to the whole group, and the package manager that started
 * this process may pass its own on.
 */
const SAME_WISH_MS = 400;

/**
 * Listens for the wish to stop. Graceful: the first signal aborts, and the run ends what it started. Forceful: a second
 * one calls `force` at once.
 */
export function watchSignals(source: SignalSource, now: () => number, force: (exitCode: number) => void): Stop {
  const controller = new AbortController();
  let first: number | undefined;
  const listen = (name: 'SIGINT' | 'SIGTERM') => () => {
    const error = new InterruptedError(name);
    if (first === undefined) {
      first = now();
      controller.abort(error);
    } else if (now() - first >= SAME_WISH_MS) force(error.exitCode);
  };
  const onInt = listen('SIGINT');
  const onTerm = listen('SIGTERM');
  source.on('SIGINT', onInt);
  source.on('SIGTERM', onTerm);
  return {
    signal: controller.signal,
    dispose() {
      source.removeListener('SIGINT', onInt);
      source.removeListener('SIGTERM', onTerm);
    },
  };
}
