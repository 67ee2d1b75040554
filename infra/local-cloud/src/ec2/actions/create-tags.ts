import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun, ids, tags } from '../parameters.ts';
import { requestedInterruption } from '../spot-tag.ts';
import { taggedResources } from '../tagged.ts';

const mostTagsPerResource = 50;

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateTags.html */
export const createTags = action(
  z.object({ ...dryRun, ResourceId: ids, Tag: tags }),
  (input, { fleet }: Ec2Context) => {
    const instances = taggedResources(fleet, input.ResourceId);
    endDryRun(input);
    for (const { tags } of instances) {
      if (new Set([...tags.keys(), ...input.Tag.map(({ Key }) => Key)]).size > mostTagsPerResource) {
        throw new AwsError(
          'TagLimitExceeded',
          `The maximum number of tags for a resource has been reached: ${mostTagsPerResource}`,
        );
      }
    }
    const interruption = requestedInterruption(input.Tag);
    for (const instance of instances) {
      for (const { Key, Value } of input.Tag) instance.tags.set(Key, Value);
      if (interruption !== undefined) fleet.interrupt(instance, interruption.action, interruption.noticeMs);
    }
    return { return: true };
  },
);
