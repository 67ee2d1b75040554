import type { MessageQueue, OpenQueue, ReceivedMessage } from '@tessera/protocol';
import { batchesOf, QueueGoneError } from '@tessera/queue';
import type { SimProcess, World } from './process.ts';

/** Receives after which a message goes to the dead-letter queue, as the provisioner sets it. */
export const MAX_RECEIVES = 5;

interface Message {
  readonly body: string;
  visibleAt: number;
  receiveCount: number;
  receipt: string | undefined;
  /** A message that came back from the dead does so once. */
  readonly ghost: boolean;
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
      send: async (bodies, signal) => {
        for (const batch of batchesOf(bodies)) {
          await process.call(
            `send ${batch.map(labelOf).join(' ')} to ${name}`,
            () => {
              const queue = this.find(name);
              for (const body of batch) {
                queue.put(body);
                watch.sent?.(name, body, process.id);
              }
            },
            signal,
          );
        }
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
          for (const receipt of receipts) watch.deleted?.(name, queue.delete(receipt), process.id);
        }),
      extend: (receipts, seconds) =>
        process.call(`extend ${receipts.length} of ${name} by ${seconds} s`, () => {
          const queue = this.find(name);
          for (const receipt of receipts) queue.extend(receipt, seconds);
        }),
    };
  }
}

/** One queue. Everything here happens at one moment; delays and failures are the caller's. */
export class SimQueue {
  readonly name: string;
  readonly dead: string[] = [];
  readonly #world: World;
  readonly #messages = new Set<Message>();
  readonly #byReceipt = new Map<string, Message>();
  readonly #waiters = new Set<Waiter>();
  #receipts = 0;
  #ghosts = 0;
  #gone = false;

  constructor(name: string, world: World) {
    this.name = name;
    this.#world = world;
  }

  /** Messages that are there or will be: visible, in flight, and ghosts on their way. */
  get depth(): number {
    return this.#messages.size + this.#ghosts;
  }

  remove(): void {
    this.#gone = true;
    for (const waiter of this.#waiters) waiter.answer([]);
  }

  put(body: string): void {
    const { chance, counts, faults, time, calm } = this.#world;
    const add = () => {
      let visibleAt = time.now;
      if (!calm && chance.happens(faults.rates.late)) {
        counts.add('late');
        visibleAt += chance.magnitude(100, 300_000);
      }
      this.#add({ body, visibleAt, receiveCount: 0, receipt: undefined, ghost: false });
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
          this.#waiters.delete(waiter);
          alarm.cancel();
          resolve(messages);
        },
      };
      const alarm = this.#world.time.after(waitSeconds * 1000, () => waiter.answer([]));
      this.#waiters.add(waiter);
    });
  }

  /** @returns the body, where the receipt was the message's last */
  delete(receipt: string): string | undefined {
    const message = this.#byReceipt.get(receipt);
    if (!message || message.receipt !== receipt) return undefined;
    this.#byReceipt.delete(receipt);
    this.#messages.delete(message);
    const { chance, counts, faults, time, calm } = this.#world;
    if (!calm && !message.ghost && chance.happens(faults.rates.resurrected)) {
      counts.add('resurrected');
      this.#ghosts++;
      time.after(chance.magnitude(1_000, 600_000), () => {
        this.#ghosts--;
        this.#add({ ...message, visibleAt: time.now, ghost: true });
      });
    }
    return message.body;
  }

  extend(receipt: string, seconds: number): void {
    const message = this.#byReceipt.get(receipt);
    if (!message || message.receipt !== receipt) return;
    this.#hide(message, seconds);
  }

  #add(message: Message): void {
    if (this.#gone) return;
    this.#messages.add(message);
    this.#pumpAt(message.visibleAt);
  }

  #hide(message: Message, seconds: number): void {
    message.visibleAt = this.#world.time.now + seconds * 1000;
    this.#pumpAt(message.visibleAt);
  }

  #pumpAt(at: number): void {
    const { time } = this.#world;
    if (at <= time.now) this.#pump();
    else time.after(at - time.now, () => this.#pump());
  }

  #pump(): void {
    while (this.#waiters.size > 0) {
      const waiter = this.#world.chance.pick([...this.#waiters]);
      const messages = this.#take(waiter.max, waiter.visibilitySeconds);
      if (messages.length === 0) return;
      waiter.answer(messages);
    }
  }

  #take(max: number, visibilitySeconds: number): ReceivedMessage[] {
    const { chance, counts, faults, time, calm } = this.#world;
    const visible = [...this.#messages].filter((message) => message.visibleAt <= time.now);
    const taken: ReceivedMessage[] = [];
    while (visible.length > 0 && taken.length < max) {
      const at = Math.floor(chance.next() * visible.length);
      const message = visible[at]!;
      visible[at] = visible.at(-1)!;
      visible.pop();
      if (message.receiveCount >= MAX_RECEIVES && this.name.startsWith('JobToWorker')) {
        this.dead.push(message.body);
        this.#messages.delete(message);
        continue;
      }
      message.receiveCount++;
      message.receipt = `${this.name}#${++this.#receipts}`;
      this.#byReceipt.set(message.receipt, message);
      if (!calm && chance.happens(faults.rates.visibilityIgnored)) {
        counts.add('visibilityIgnored');
        this.#hide(message, chance.between(0, 1));
      } else this.#hide(message, visibilitySeconds);
      taken.push({ body: message.body, receipt: message.receipt, receiveCount: message.receiveCount });
    }
    return taken;
  }
}

/** What a message is about, for traces. */
function labelOf(body: string): string {
  const id = /"packageId":"([^"]+)"/.exec(body)?.[1] ?? '?';
  const attempt = /"attempt":(\d+)/.exec(body)?.[1] ?? '?';
  const failed = /"tag":"([^"]+)"/.exec(body)?.[1];
  return `${id}/${attempt}${failed === undefined ? '' : `(${failed})`}`;
}
