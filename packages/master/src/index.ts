export { planJob } from './plan/plan-job.ts';
export type { PhasePlan, Plan, PlanFigures } from './plan/plan.ts';
export { PlanDoesNotFitError } from './plan/errors.ts';
export { elementWiseBytes, multiplyBytes, WORKER_BASE_BYTES, type FleetModel } from './plan/cost-model.ts';
export { runJob, type JobWorld } from './run/run-job.ts';
export {
  JobCancelledError,
  JobError,
  MatrixChangedError,
  NoAnswerError,
  NoWorkerError,
  PackageFailedError,
  PackageUnsettledError,
  WrongResultError,
} from './run/errors.ts';
export {
  STRAGGLERS,
  verdictOn,
  type FlightState,
  type PhaseState,
  type StragglerPolicy,
  type Verdict,
} from './run/stragglers.ts';
