import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { Ec2Context } from '../context.ts';
import { dryRun, endDryRun, list } from '../parameters.ts';

/**
 * The Learner Lab's key pair; nobody logs in here, so no key is behind it.
 * https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeKeyPairs.html
 */
export const describeKeyPairs = action(
  z.object({ ...dryRun, KeyName: list(z.string()) }),
  (input, _context: Ec2Context) => {
    endDryRun(input);
    const unknown = input.KeyName.find((name) => name !== 'vockey');
    if (unknown !== undefined)
      throw new AwsError('InvalidKeyPair.NotFound', `The key pair '${unknown}' does not exist`);
    return {
      keySet: [
        {
          keyPairId: 'key-00000000000000001',
          keyName: 'vockey',
          keyType: 'rsa',
          keyFingerprint: '00:00:00:00:00:00:00:00:00:00:00:00:00:00:00:00',
        },
      ],
    };
  },
);
