/** Something that will happen at a moment of virtual time. */
export interface Alarm {
  /** It will not happen. */
  cancel(): void;
}

interface Entry {
  readonly at: number;
  readonly order: number;
  action: (() => void) | undefined;
}

/** Why a run of virtual time ended. */
export type Ending = 'reached' | 'nothing left to happen' | 'too late' | 'too much';

/**
 * Time that passes only when nobody has anything left to do: between two events every promise that can go on goes on
 * (they need no more than the microtask queue, for no real input or output is in play), then the clock jumps.
 */
export class VirtualTime {
  now: number;
  events = 0;
  readonly #heap: Entry[] = [];
  #order = 0;

  constructor(start: number) {
    this.now = start;
  }

  after(ms: number, action: () => void): Alarm {
    const entry: Entry = { at: this.now + Math.max(0, ms), order: this.#order++, action };
    this.#push(entry);
    return { cancel: () => void (entry.action = undefined) };
  }

  /** Lets time pass until `reached()`, but not beyond `limit` milliseconds since 1970 or `most` events. */
  async run(reached: () => boolean, limit: number, most = Infinity): Promise<Ending> {
    for (;;) {
      await idle();
      if (reached()) return 'reached';
      let entry = this.#pop();
      while (entry && !entry.action) entry = this.#pop();
      if (!entry) return 'nothing left to happen';
      if (entry.at > limit) {
        this.#push(entry);
        return 'too late';
      }
      if (++this.events > most) return 'too much';
      this.now = entry.at;
      entry.action!();
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap;
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(entry, heap[parent]!)) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = entry;
  }

  #pop(): Entry | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && before(heap[child + 1]!, heap[child]!)) child++;
      if (!before(heap[child]!, last)) break;
      heap[at] = heap[child]!;
      at = child;
    }
    heap[at] = last;
    return first;
  }
}

function before(one: Entry, other: Entry): boolean {
  return one.at < other.at || (one.at === other.at && one.order < other.order);
}

/** Resolves when every promise that could go on has gone on: a macrotask runs after all microtasks. */
function idle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
