import {
  MOST_DELIVERIES,
  type MessageQueue,
  type OpenQueue,
  type QueueCounts,
  type ReceivedMessage,
} from '@tessera/protocol';
import { batchesOf, QueueGoneError } from '@tessera/queue';
import type { SimProcess, World } from './process.ts';
import type { Alarm } from './virtual-time.ts';

interface Message {
  readonly body: string;
  receiveCount: number;
  receipt: string | undefined;
  /** A message that came back from the dead does so once. */
  readonly ghost: boolean;
  /** Its place among those that can be received; -1 while it is hidden, until `shows`. */
  place: number;
  shows: Alarm | undefined;
}

interface Waiter {
  readonly max: number;
  readonly visibilitySeconds: number;
  readonly answer: (messages: ReceivedMessage[]) => void;
}

/** What a check is told of a queue, as it happens. */
export interface QueueWatch {
  sent?(queue: string, body: string, by: string): void;
  received?(queue: string, body: string, by: string): void;
  /** @param body undefined where the receipt was out of date and nothing was deleted */
  deleted?(queue: string, body: string | undefined, by: string): void;
}

/** Standard queues as SQS has them: at least once, in no order, with visibility, long polls and a dead-letter queue. */
export class SimQueues {
  readonly #world: World;
  readonly #queues = new Map<string, SimQueue>();
  readonly watch: QueueWatch;

  constructor(world: World, watch: QueueWatch) {
    this.#world = world;
    this.watch = watch;
  }

  create(name: string): SimQueue {
    const queue = new SimQueue(name, this.#world);
    this.#queues.set(name, queue);
    return queue;
  }

  remove(name: string): void {
    this.#queues.get(name)?.remove();
    this.#queues.delete(name);
  }

  /** All queues go, with what is in them; whoever waits at one gets nothing. */
  lose(): void {
    for (const name of this.#queues.keys()) this.remove(name);
  }

  find(name: string): SimQueue {
    const queue = this.#queues.get(name);
    if (!queue) throw new QueueGoneError(name);
    return queue;
  }

  /** How one process sees the queues. */
  openFor(process: SimProcess): OpenQueue {
    return (name) =>
      process.call(`open ${name}`, () => {
        this.find(name);
        return this.#client(process, name);
      });
  }

  #client(process: SimProcess, name: string): MessageQueue {
    const { watch } = this;
    return {
      name,
      // All batches at once, as many as the master ever has.
      send: async (bodies, signal) => {
        await Promise.all(
          batchesOf(bodies).map((batch) =>
            process.call(
              `send ${batch.map(labelOf).join(' ')} to ${name}`,
              () => {
                const queue = this.find(name);
                for (const body of batch) {
                  queue.put(body);
                  watch.sent?.(name, body, process.id);
                }
              },
              signal,
            ),
          ),
        );
      },
      receive: ({ max, waitSeconds, visibilitySeconds, signal }) =>
        process.call(
          `receive ${max} from ${name}`,
          async () => {
            const messages = await this.find(name).receive(Math.min(10, max), waitSeconds, visibilitySeconds);
            for (const { body } of messages) watch.received?.(name, body, process.id);
            return messages;
          },
          signal,
        ),
      delete: (receipts) =>
        process.call(`delete ${receipts.length} from ${name}`, () => {
          const queue = this.find(name);
          for (const receipt of receipts) {
            const body = queue.delete(receipt);
            watch.deleted?.(name, body, process.id);
          }
        }),
      extend: (receipts, seconds) =>
        process.call(`extend ${receipts.length} of ${name} by ${seconds} s`, () => {
          const queue = this.find(name);
          for (const receipt of receipts) queue.extend(receipt, seconds);
        }),
      counts: () => process.call(`count the messages of ${name}`, () => this.find(name).counts()),
    };
  }
}

/** One queue. Everything here happens at one moment; delays and failures are the caller's. */
export class SimQueue {
  readonly name: string;
  readonly dead: string[] = [];
  readonly #world: World;
  readonly #visible: Message[] = [];
  readonly #byReceipt = new Map<string, Message>();
  readonly #waiters: Waiter[] = [];
  #counted = { at: -Infinity, waiting: 0, inFlight: 0 };
  #receipts = 0;
  #stored = 0;
  #ghosts = 0;
  #gone = false;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  /** Messages that are there or will be: visible, in flight, and ghosts on their way. */
  get depth(): number {
    return this.#stored + this.#ghosts;
  }

  /** As they are, or were up to a minute ago. Messages that come late are neither. */
  counts(): QueueCounts {
    const { chance, time, calm } = this.#world;
    const oldest = calm ? 0 : chance.between(0, 60_000);
    if (time.now - this.#counted.at >= oldest) {
      const inFlight = [...this.#byReceipt.values()].filter(({ place }) => place < 0).length;
      this.#counted = { at: time.now, waiting: this.#visible.length, inFlight };
    }
    return this.#counted;
  }

  remove(): void {
    this.#gone = true;
    // Each that is answered leaves the list.
    while (this.#waiters.length > 0) this.#waiters[0]!.answer([]);
  }

  put(body: string): void {
    const { chance, counts, faults, calm } = this.#world;
    const add = () => {
      if (!calm && chance.happens(faults.rates.late)) {
        counts.add('late');
        this.#add(body, chance.magnitude(100, 300_000));
      } else this.#add(body, 0);
    };
    add();
    if (!calm && chance.happens(faults.rates.duplicate)) {
      counts.add('duplicate');
      add();
    }
  }

  receive(max: number, waitSeconds: number, visibilitySeconds: number): ReceivedMessage[] | Promise<ReceivedMessage[]> {
    const now = this.#take(max, visibilitySeconds);
    if (now.length > 0 || waitSeconds === 0) return now;
    return new Promise((resolve) => {
      const waiter: Waiter = {
        max,
        visibilitySeconds,
        answer: (messages) => {
          const at = this.#waiters.indexOf(waiter);
          if (at < 0) return;
          this.#waiters[at] = this.#waiters.at(-1)!;
          this.#waiters.pop();
          alarm.cancel();
          resolve(messages);
        },
      };
      const alarm = this.#world.time.after(waitSeconds * 1000, () => waiter.answer([]));
      this.#waiters.push(waiter);
    });
  }

  /** @returns the body, where the receipt was the message's last */
  delete(receipt: string): string | undefined {
    const message = this.#byReceipt.get(receipt);
    if (!message || message.receipt !== receipt) return undefined;
    this.#drop(message);
    const { chance, counts, faults, time, calm } = this.#world;
    if (!calm && !message.ghost && chance.happens(faults.rates.resurrected)) {
      counts.add('resurrected');
      this.#ghosts++;
      time.after(chance.magnitude(1_000, 600_000), () => {
        this.#ghosts--;
        this.#add(message.body, 0, message.receiveCount);
      });
    }
    return message.body;
  }

  extend(receipt: string, seconds: number): void {
    const message = this.#byReceipt.get(receipt);
    if (message && message.receipt === receipt) this.#hide(message, seconds * 1000);
  }

  /** @param receiveCount undefined for a message that was never there before */
  #add(body: string, delayMs: number, receiveCount?: number): void {
    if (this.#gone) return;
    const ghost = receiveCount !== undefined;
    this.#stored++;
    this.#hide(
      { body, receiveCount: receiveCount ?? 0, receipt: undefined, ghost, place: -1, shows: undefined },
      delayMs,
    );
  }

  #drop(message: Message): void {
    this.#unshow(message);
    message.shows?.cancel();
    if (message.receipt !== undefined) this.#byReceipt.delete(message.receipt);
    this.#stored--;
  }

  #hide(message: Message, ms: number): void {
    message.shows?.cancel();
    if (ms > 0) {
      this.#unshow(message);
      message.shows = this.#world.time.after(ms, () => this.#show(message));
    } else this.#show(message);
  }

  #show(message: Message): void {
    message.shows = undefined;
    if (message.place < 0) message.place = this.#visible.push(message) - 1;
    while (this.#waiters.length > 0 && this.#visible.length > 0) {
      const waiter = this.#world.chance.pick(this.#waiters);
      const messages = this.#take(waiter.max, waiter.visibilitySeconds);
      if (messages.length > 0) waiter.answer(messages);
    }
  }

  #unshow(message: Message): void {
    if (message.place < 0) return;
    const last = this.#visible.pop()!;
    if (last !== message) {
      this.#visible[message.place] = last;
      last.place = message.place;
    }
    message.place = -1;
  }

  #take(max: number, visibilitySeconds: number): ReceivedMessage[] {
    const { chance, counts, faults, calm } = this.#world;
    const taken: Message[] = [];
    while (this.#visible.length > 0 && taken.length < max) {
      const message = chance.pick(this.#visible);
      this.#unshow(message);
      if (message.receiveCount >= MOST_DELIVERIES && this.name.startsWith('JobToWorker')) {
        this.dead.push(message.body);
        this.#drop(message);
      } else taken.push(message);
    }
    return taken.map((message) => {
      message.receiveCount++;
      if (message.receipt !== undefined) this.#byReceipt.delete(message.receipt);
      message.receipt = `${this.name}#${++this.#receipts}`;
      this.#byReceipt.set(message.receipt, message);
      const ignored = !calm && chance.happens(faults.rates.visibilityIgnored);
      if (ignored) counts.add('visibilityIgnored');
      message.shows?.cancel();
      const hiddenMs = ignored ? chance.between(1, 1_000) : visibilitySeconds * 1000;
      message.shows = this.#world.time.after(hiddenMs, () => this.#show(message));
      return { body: message.body, receipt: message.receipt, receiveCount: message.receiveCount };
    });
  }
}

/** What a message is about, for traces. */
function labelOf(body: string): string {
  const id = /"packageId":"([^"]+)"/.exec(body)?.[1] ?? '?';
  const attempt = /"attempt":(\d+)/.exec(body)?.[1] ?? '?';
  const failed = /"tag":"([^"]+)"/.exec(body)?.[1];
  return `${id}/${attempt}${failed === undefined ? '' : `(${failed})`}`;
}
