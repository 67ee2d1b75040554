const nothing = () => undefined;

/**
 * Lets one piece of work run at a time, in the order of asking: a worker's kernel uses all the threads it was given, so
 * two computations at once would only share them, and hold twice the memory.
 */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();

  /** Runs `work` when its turn has come. Rejects with the signal's reason if it is aborted before. */
  take<T>(work: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    const mine = this.#last.then(() => {
      signal?.throwIfAborted();
      return work();
    });
    // Not `mine` itself, which would keep a block that was computed until the next turn.
    this.#last = mine.then(nothing, nothing);
    return mine;
  }
}
