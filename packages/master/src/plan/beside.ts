import { WORKER_BASE_BYTES } from './cost-model.ts';
import type { PhaseCost, PhasePlan } from './plan.ts';

/**
 * Marks the phases that run beside the one before them: wherever a worker has memory for a package of each phase that is under
 * way then. A worker has two packages at most, so of phases that count two of their own one of each is never more. Two of one name, which nobody who
 * watches could tell apart, run one after the other.
 */
export function besideEachOther(phases: readonly PhasePlan[]): PhasePlan[] {
  const stage = { largest: 0, room: Infinity, names: new Set<string>() };
  return phases.map((phase, at) => {
    const own = { largest: packageBytes(phase.cost), room: phase.cost?.besideBytes ?? Infinity };
    const fits = own.largest <= stage.room && stage.largest <= own.room;
    const beside = at > 0 && fits && !stage.names.has(phase.phase);
    if (!beside) Object.assign(stage, { largest: 0, room: Infinity, names: new Set() });
    stage.names.add(phase.phase);
    stage.largest = Math.max(own.largest, stage.largest);
    stage.room = Math.min(own.room, stage.room);
    return beside ? { ...phase, beside } : phase;
  });
}

/** Of one package, beside the base. */
export function packageBytes(cost: Pick<PhaseCost, 'packageBytes' | 'workerBytes'> | undefined): number {
  return cost?.packageBytes ?? Math.max(0, (cost?.workerBytes ?? 0) - WORKER_BASE_BYTES) / 2;
}
