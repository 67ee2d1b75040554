import type { PhasePlan } from '../plan/plan.ts';

/** Phases whose packages run at once: one, and those after it that run beside it. All of them end before the next stage begins. */
export type Stage = readonly [PhasePlan, ...PhasePlan[]];

/** The stages of a job, in order. */
export function stagesOf(phases: readonly PhasePlan[]): Stage[] {
  const stages: [PhasePlan, ...PhasePlan[]][] = [];
  for (const phase of phases) {
    const last = stages.at(-1);
    if (phase.beside && last) last.push(phase);
    else stages.push([phase]);
  }
  return stages;
}
