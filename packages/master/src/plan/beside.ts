import { WORKER_BASE_BYTES } from './cost-model.ts';
import type { PhaseCost, PhasePlan } from './plan.ts';

/**
 * Marks the phases that run beside the one before them: those whose packages a worker has memory for together with one of each
 * phase that may be under way then. A worker has two at most. Two phases of one name, which nobody who watches could tell
 * apart, run one after the other.
 * @param phases of an operation; what makes its operands ends before they are used, for whoever computes keeps its worker's
 *   kernel, and an operand that is half made would wait for that, and all others for the operand
 * @param peakBytes what a worker may have resident
 */
export function besideEachOther(phases: readonly PhasePlan[], peakBytes: number): PhasePlan[] {
  let stage: PhasePlan[] = [];
  return phases.map((phase) => {
    const joins = (other: PhasePlan) => other.phase !== phase.phase && haveRoom(other, phase, peakBytes);
    const beside = stage.length > 0 && stage.every(joins);
    stage = beside ? [...stage, phase] : [phase];
    return beside ? { ...phase, beside } : phase;
  });
}

/** Whether a worker has room for a package of one phase and one of a later phase. */
function haveRoom({ cost }: PhasePlan, later: PhasePlan, peakBytes: number): boolean {
  const bytes = packageBytes(later.cost);
  return bytes <= (cost?.besideBytes ?? peakBytes - WORKER_BASE_BYTES - packageBytes(cost));
}

/** What one package takes beside the base. */
export function packageBytes(cost: Pick<PhaseCost, 'packageBytes' | 'workerBytes'> | undefined): number {
  return cost?.packageBytes ?? Math.max(0, (cost?.workerBytes ?? 0) - WORKER_BASE_BYTES) / 2;
}
