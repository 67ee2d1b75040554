import { planElementWise } from './element-wise.ts';
import type { MasterOperation } from './operation.ts';

/** C = A + B, tile by tile. */
export const add: MasterOperation = {
  verification: 'exact',
  plan: (input) => planElementWise(input, { alpha: 1, beta: 1 }),
};
