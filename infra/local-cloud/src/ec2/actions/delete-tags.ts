import * as z from 'zod';
import { action } from '../../action.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun, ids } from '../parameters.ts';
import { taggedResources } from '../tagged.ts';

/**
 * A tag given with a value goes only if it has that value; no tags at all means all of them.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteTags.html
 */
export const deleteTags = action(
  z.object({
    ...dryRun,
    ResourceId: ids,
    Tag: z.array(z.object({ Key: z.string(), Value: z.string().optional() })).optional(),
  }),
  (input, { fleet }: Ec2Context) => {
    const instances = taggedResources(fleet, input.ResourceId);
    endDryRun(input);
    for (const { tags } of instances) {
      if (input.Tag === undefined) tags.clear();
      for (const { Key, Value } of input.Tag ?? [])
        if (Value === undefined || tags.get(Key) === Value) tags.delete(Key);
    }
    return { return: true };
  },
);
