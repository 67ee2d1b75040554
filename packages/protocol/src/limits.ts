/** Limits of AWS that shape messages, each with its page. */

/** Bytes of one SQS message, and of one batch. https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html */
export const SQS_MESSAGE_BYTES = 1024 * 1024;
/** Messages of one batch (same page). */
export const SQS_BATCH_MESSAGES = 10;
/** Seconds a receive may wait (same page). */
export const SQS_LONG_POLL_SECONDS = 20;
/** Seconds a message may stay invisible: 12 hours (same page). */
export const SQS_VISIBILITY_SECONDS = 43_200;
/** Messages received and not yet deleted; past it long polling goes quiet without an error (same page). */
export const SQS_IN_FLIGHT_MESSAGES = 120_000;

/**
 * Bytes of elements up to which a tile travels inside its message. A multiply package carries two tiles, base64 adds a
 * third, and ten messages share a batch of 1 MiB: 32 KiB keeps a batch of ten packages within one request.
 */
export const INLINE_TILE_BYTES = 32 * 1024;

/**
 * Deliveries of one package without an answer after which it counts as poison: whoever gets it then answers for it instead
 * of trying what may have killed all before.
 */
export const POISON_DELIVERIES = 5;

/**
 * Deliveries of one package after which the queue moves it to the dead-letter queue, where no master sees it. More than
 * `POISON_DELIVERIES`: that answer too may get lost, with a worker that dies of what its other lane does, or by a receive
 * of one that is dead.
 */
export const MOST_DELIVERIES = 10;

/** Checksums of chunks that one result carries at most: half of what a message may hold. */
export const CHECKSUMS_IN_RESULT = 98_304;
