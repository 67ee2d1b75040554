import type { MasterOperation, OperationInput } from './operation.ts';
import { planProduct, recomputePhases, type ProductTask } from './product.ts';

/** C = alpha·op(A)·op(B) + beta·C0: blocks of C over ranges of k, partial sums reduced in fixed order, checked by projection. */
export const multiply: MasterOperation = {
  verification: 'freivalds',
  plan: (input) => planProduct(productTask(input), input),
  recheck: (input) => recomputePhases(productTask(input), input),
};

/** The product that `multiply` means. */
export function productTask({ shapes, stored, transposed, alpha, beta }: OperationInput): ProductTask {
  return {
    m: shapes.C[0],
    n: shapes.C[1],
    k: shapes.A[1],
    left: { array: 'A', transposed: transposed.A },
    right: { array: 'B', transposed: transposed.B },
    stored,
    alpha,
    beta,
    symmetric: false,
  };
}
