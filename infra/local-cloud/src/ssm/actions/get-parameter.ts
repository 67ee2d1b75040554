import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { SsmContext } from '../context.ts';
import { publicParameter } from '../parameter.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
export const getParameter = action(z.object({ Name: z.string().min(1) }), ({ Name }, { fleet }: SsmContext) => {
  const parameter = publicParameter(Name, fleet);
  if (parameter === undefined) throw new AwsError('ParameterNotFound', `Parameter ${Name} not found.`);
  return { Parameter: parameter };
});
