/** A pause that ends early when it is woken, and fails when `signal` is aborted. */
export function wakeablePause(signal: AbortSignal): { pause(ms: number): Promise<void>; wake(): void } {
  let awake = () => {};
  let woken = false;
  return {
    wake() {
      // One that comes between two pauses counts for the next.
      woken = true;
      awake();
    },
    pause(ms) {
      return new Promise((resolve, reject) => {
        const end = (settle: () => void) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', abort);
          woken = false;
          awake = () => {};
          settle();
        };
        const abort = () => end(() => reject(signal.reason as Error));
        const timer = setTimeout(() => end(resolve), ms);
        awake = () => end(resolve);
        if (signal.aborted) abort();
        else if (woken) awake();
        else signal.addEventListener('abort', abort, { once: true });
      });
    },
  };
}
