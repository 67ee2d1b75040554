import type { CheckOutcome, VerifyStep } from '@tessera/protocol';
import type { Execute, PackageContext } from '../context.ts';
import { ReadChecksums } from '../read-checksums.ts';
import { checkElements } from './elements.ts';
import { applyLeft, checkProduct, checkTotal } from './product.ts';
import { project } from './project.ts';
import { recompute } from './recompute.ts';

/** Does one step of a verification. */
export const verify: Execute<'verify'> = async ({ check }, context) => {
  context.checksums = new ReadChecksums();
  const outcome = await outcomeOf(check, context);
  const { all } = context.checksums;
  return { check: outcome, ...(all.length === 0 ? {} : { checksums: all }) };
};

function outcomeOf(check: VerifyStep, context: PackageContext): Promise<CheckOutcome> {
  switch (check.step) {
    case 'elements':
      return checkElements(check, context);
    case 'recompute':
      return recompute(check, context);
    case 'project':
      return project(check, context);
    case 'product':
      return checkProduct(check, context);
    case 'apply':
      return applyLeft(check, context);
    case 'total':
      return checkTotal(check, context);
  }
}
