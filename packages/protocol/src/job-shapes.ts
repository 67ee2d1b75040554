import { OperandRefusedError, ShapeMismatchError } from './errors.ts';
import type { JobSpec } from './messages/job.ts';
import { operations } from './operation.ts';
import { formatShape, sameShape, type Shape } from './shape.ts';

/**
 * Shapes of A, B and C as the operation takes and makes them.
 * @throws ShapeMismatchError when sizes do not agree, OperandRefusedError for a transpose, scalar or C0 that the operation
 *   does not take
 */
export function jobShapes(job: Pick<JobSpec, 'op' | 'operands' | 'alpha' | 'beta'>): { A: Shape; B: Shape; C: Shape } {
  const operation = operations[job.op];
  const { A, B, C0 } = job.operands;
  if (!operation.transposes && (A.transposed || B.transposed)) {
    throw new OperandRefusedError(`${job.op} takes its operands as they are, not transposed`);
  }
  if (!operation.scales && (C0 ?? job.alpha ?? job.beta) !== undefined) {
    throw new OperandRefusedError(`${job.op} takes no alpha, no beta and no matrix to add; multiply does`);
  }
  if (job.beta !== undefined && !C0) {
    throw new OperandRefusedError('beta scales the matrix that is added to a product, but none is given');
  }
  const C = operation.resultShape(A.shape, B.shape);
  if (C0?.transposed) throw new OperandRefusedError('the matrix that is added to a product is taken as it is');
  if (C0 && !sameShape(C0.shape, C)) {
    throw new ShapeMismatchError(
      `the matrix that is added to a product has its shape, ${formatShape(C)}, but C0 is ${formatShape(C0.shape)}`,
    );
  }
  return { A: A.shape, B: B.shape, C };
}

/** The shape of what is stored of an operand. */
export function storedShape({
  shape,
  transposed,
}: {
  readonly shape: Shape;
  readonly transposed?: boolean | undefined;
}): Shape {
  return transposed ? [shape[1], shape[0]] : shape;
}
