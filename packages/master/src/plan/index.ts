// The planner alone: pure, without I/O, so that whoever submits a job can see its plan before anything is started.
export { planJob } from './plan-job.ts';
export { formatPlan } from './format-plan.ts';
export { PlanDoesNotFitError } from './errors.ts';
export type { PhasePlan, Plan, PlanFigures } from './plan.ts';
