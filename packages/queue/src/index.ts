export { MessageTooLargeError, QueueError, QueueGoneError, SendRefusedError } from './errors.ts';
export { batchesOf } from './batches.ts';
export { openSqsQueue, type SqsContext } from './sqs-queue.ts';
export { memoryQueues, type MemoryQueues } from './memory-queue.ts';
export { errorTag, isPassingError, isPassingTag } from './passing-errors.ts';
export { patiently, pauseMs, type Patience } from './patiently.ts';
