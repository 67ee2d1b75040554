import type { MasterOperation, OperationInput } from './operation.ts';
import { planProduct, recomputePhases, type ProductTask } from './product.ts';

/** C = op(A)ᵀ·op(A): a product of A with itself whose blocks below the diagonal are mirror images of those above. */
export const gram: MasterOperation = {
  verification: 'freivalds',
  plan: (input) => planProduct(gramTask(input), input),
  recheck: (input) => recomputePhases(gramTask(input), input),
};

/** The product that `gram` means. */
export function gramTask({ shapes, stored, transposed }: OperationInput): ProductTask {
  const chunk = stored.A;
  return {
    m: shapes.C[0],
    n: shapes.C[1],
    k: shapes.A[0],
    left: { array: 'A', transposed: !transposed.A },
    right: { array: 'A', transposed: transposed.A },
    stored: { A: chunk && [chunk[1], chunk[0]], B: chunk },
    alpha: 1,
    beta: 0,
    symmetric: true,
  };
}
