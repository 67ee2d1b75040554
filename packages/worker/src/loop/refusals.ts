import { POISON_DELIVERIES, type WorkPackage } from '@tessera/protocol';

/** Deliveries of a check after which also the worker takes it that computed what it looks at. */
const OTHERS_FIRST = 2;

/** A check belongs to a worker that did not compute what is checked, unless nobody else takes it. */
export function isForOthers(work: WorkPackage, worker: string, receiveCount: number): boolean {
  return work.kind === 'verify' && receiveCount <= OTHERS_FIRST && (work.notBy?.includes(worker) ?? false);
}

/**
 * Whether a package was delivered so often that whoever took it must have died of it. Answering so instead of trying
 * it once more saves this worker, and tells the master what the dead-letter queue would keep to itself.
 */
export function isPoison(receiveCount: number): boolean {
  return receiveCount >= POISON_DELIVERIES;
}
