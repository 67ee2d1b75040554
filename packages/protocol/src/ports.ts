/**
 * What a loop needs of the world, so that the same loop runs on AWS, on one machine and in a simulation with virtual
 * time. Only types: every room makes or receives its own.
 */

/** Time. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** A uniform random number in [0, 1). */
export type Random = () => number;

/** A message as it was received, and the receipt with which to delete, extend or release it. */
export interface ReceivedMessage {
  readonly body: string;
  readonly receipt: string;
  /** How often it was received so far, this time included. */
  readonly receiveCount: number;
}

/** About how full a queue is: a cloud's counts lag behind by up to a minute. */
export interface QueueCounts {
  /** Messages that can be received. */
  readonly waiting: number;
  /** Messages that were received and are neither deleted nor visible again. */
  readonly inFlight: number;
}

/** A queue with at-least-once, unordered delivery. */
export interface MessageQueue {
  readonly name: string;
  /** Sends all bodies, in batches as large as the queue takes. Rejects if any of them was refused for good. */
  send(bodies: readonly string[], signal?: AbortSignal): Promise<void>;
  /** Waits up to `waitSeconds` for up to `max` messages, which then stay invisible to others for `visibilitySeconds`. */
  receive(options: {
    max: number;
    waitSeconds: number;
    visibilitySeconds: number;
    signal?: AbortSignal;
  }): Promise<ReceivedMessage[]>;
  /** Forgets messages that were dealt with. */
  delete(receipts: readonly string[]): Promise<void>;
  /** Keeps messages invisible for `seconds` from now; 0 releases them to others. */
  extend(receipts: readonly string[], seconds: number): Promise<void>;
  counts(): Promise<QueueCounts>;
}

/** Opens queues by name. @throws QueueGoneError when there is none of that name. */
export type OpenQueue = (name: string) => Promise<MessageQueue>;
