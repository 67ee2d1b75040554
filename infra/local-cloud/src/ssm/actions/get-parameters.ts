import * as z from 'zod';
import { action } from '../../action.ts';
import type { SsmContext } from '../context.ts';
import { publicParameter } from '../parameter.ts';

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameters.html */
export const getParameters = action(
  z.object({ Names: z.array(z.string()).min(1).max(10) }),
  ({ Names }, { fleet }: SsmContext) => {
    const found = Names.map((name) => ({ name, parameter: publicParameter(name, fleet) }));
    return {
      Parameters: found.flatMap(({ parameter }) => (parameter === undefined ? [] : [parameter])),
      InvalidParameters: found.filter(({ parameter }) => parameter === undefined).map(({ name }) => name),
    };
  },
);
