/** Base of this package's errors. */
export abstract class QueueError extends Error {
  abstract readonly _tag: string;
  override get name(): string {
    return this._tag;
  }
}

/** There is no queue of that name: the job ended and took it along, or the fleet was never made. */
export class QueueGoneError extends QueueError {
  readonly _tag = 'QueueGoneError';
  readonly queue: string;
  constructor(queue: string, options?: ErrorOptions) {
    super(`queue ${queue} does not exist (its job ended, or the fleet was taken down)`, options);
    this.queue = queue;
  }
}

/** The queue refused a message for good. */
export class SendRefusedError extends QueueError {
  readonly _tag = 'SendRefusedError';
  constructor(queue: string, reason: string) {
    super(`queue ${queue} refused a message: ${reason}`);
  }
}

/** A message alone is larger than a queue takes; what it carries belongs in a store. */
export class MessageTooLargeError extends QueueError {
  readonly _tag = 'MessageTooLargeError';
  constructor(bytes: number, limit: number) {
    super(`a message of ${bytes} bytes does not fit a queue's ${limit}; send a reference to a stored tile instead`);
  }
}
