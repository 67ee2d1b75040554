import type { Execute } from '../context.ts';
import { checkElements } from './elements.ts';
import { checkProduct } from './product.ts';
import { project } from './project.ts';
import { recompute } from './recompute.ts';

/** Does one step of a verification. */
export const verify: Execute<'verify'> = async ({ check }, context) => {
  switch (check.step) {
    case 'elements':
      return { check: await checkElements(check, context) };
    case 'recompute':
      return { check: await recompute(check, context) };
    case 'project':
      return { check: await project(check, context) };
    case 'product':
      return { check: await checkProduct(check, context) };
  }
};
