import type { CheckOutcome, DType, Report, Shape } from '@tessera/protocol';
import type { FleetModel } from '../plan/cost-model.ts';
import type { OperationPlan } from '../plan/plan.ts';

/** What an operation needs to know of a job to plan it. Shapes and chunks are those of the operands as it takes them. */
export interface OperationInput {
  readonly shapes: { readonly A: Shape; readonly B: Shape; readonly C: Shape };
  /** Whether what is stored of an operand is its transpose. */
  readonly transposed: { readonly A: boolean; readonly B: boolean };
  /** Chunk shapes of operands that are stored already, where they are chunked. */
  readonly stored: { readonly A?: Shape | undefined; readonly B?: Shape | undefined };
  /** Whether an operand or the result is stored row by row (.npy, .csv), so that whole rows are read and written in one run. */
  readonly rowByRow: boolean;
  /** Whether the operands are .npy files on a disk of the workers, which they may map rather than read. */
  readonly mappable: boolean;
  readonly alpha: number;
  /** What C0 is multiplied by; 0 when there is none. */
  readonly beta: number;
  readonly dtype: DType;
  readonly fleet: FleetModel;
  readonly verify: { readonly rounds: number; readonly seed: string };
}

/** The master's side of an operation: how it is cut into packages and what its checks are called. */
export interface MasterOperation {
  /** @throws PlanDoesNotFitError when no block fits a worker's memory. */
  plan(input: OperationInput): OperationPlan;
  readonly verification: Exclude<Report['verified']['method'], 'off' | 'recompute'>;
  /** Phases that take the place of the checks when these met NaN or infinities and could say nothing. */
  recheck?(input: OperationInput, plan: OperationPlan, outcomes: readonly CheckOutcome[]): OperationPlan['phases'];
}
