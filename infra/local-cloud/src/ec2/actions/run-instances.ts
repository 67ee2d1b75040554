import { createHash } from 'node:crypto';
import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { Ec2Context } from '../context.ts';
import { resolveImageId } from '../images.ts';
import { instanceTypes } from '../instance-types.ts';
import { dryRun, endDryRun, list, tags, whole } from '../parameters.ts';
import { reservationView } from '../view.ts';

/** More would not make sense as directories and processes of one machine, and a typing error should not fill the disk. */
const mostPerCall = 2000;
/** User data as it travels, before the base64 (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/user-data.html). */
const mostUserDataBytes = 16_384;

const request = z.object({
  ...dryRun,
  ImageId: z.string(),
  InstanceType: z.string().default('m1.small'),
  MinCount: whole,
  MaxCount: whole,
  KeyName: z.string().optional(),
  SecurityGroupId: list(z.string()),
  UserData: z.string().optional(),
  ClientToken: z.string().max(64).optional(),
  InstanceInitiatedShutdownBehavior: z.enum(['stop', 'terminate']).default('stop'),
  IamInstanceProfile: z.object({ Arn: z.string().optional(), Name: z.string().optional() }).optional(),
  InstanceMarketOptions: z.object({ MarketType: z.enum(['spot', 'capacity-block']) }).optional(),
  TagSpecification: list(z.object({ ResourceType: z.string(), Tag: tags.default([]) })),
});

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_RunInstances.html */
export const runInstances = action(request, (input, { fleet }: Ec2Context) => {
  if (input.MinCount < 1)
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${input.MinCount}) for parameter minCount is invalid. Minimum value is 1.`,
    );
  if (input.MaxCount < input.MinCount) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${input.MaxCount}) for parameter maxCount is invalid. It must be greater than or equal to minCount.`,
    );
  }
  if (input.MinCount > mostPerCall)
    throw new AwsError('InstanceLimitExceeded', `The local cloud starts at most ${mostPerCall} instances a call.`);
  const type = instanceTypes.get(input.InstanceType);
  if (type === undefined)
    throw new AwsError('InvalidParameterValue', `Invalid value '${input.InstanceType}' for InstanceType.`);
  const imageId = resolveImageId(input.ImageId);
  const userData = input.UserData === undefined ? undefined : readUserData(input.UserData);
  endDryRun(input);

  const fingerprint = createHash('sha256').update(JSON.stringify(input)).digest('hex');
  const earlier =
    input.ClientToken === undefined
      ? undefined
      : fleet.reservations.find(({ clientToken }) => clientToken === input.ClientToken);
  if (earlier !== undefined) {
    if (earlier.fingerprint !== fingerprint) {
      throw new AwsError(
        'IdempotentParameterMismatch',
        'Arguments on this idempotent request are inconsistent with arguments used in previous request(s).',
      );
    }
    return reservationView(fleet, earlier.id, earlier.instances);
  }
  const profile = input.IamInstanceProfile;
  const reservation = fleet.run(
    {
      imageId,
      type,
      keyName: input.KeyName,
      securityGroupIds: input.SecurityGroupId,
      instanceProfileArn:
        profile?.Arn ??
        (profile?.Name === undefined ? undefined : `arn:aws:iam::${fleet.ownerId}:instance-profile/${profile.Name}`),
      spot: input.InstanceMarketOptions?.MarketType === 'spot',
      shutdownBehavior: input.InstanceInitiatedShutdownBehavior,
      userData,
      clientToken: input.ClientToken,
      tags: new Map(
        input.TagSpecification.filter(({ ResourceType }) => ResourceType === 'instance').flatMap(({ Tag }) =>
          Tag.map(({ Key, Value }) => [Key, Value]),
        ),
      ),
    },
    Math.min(input.MaxCount, mostPerCall),
    fingerprint,
  );
  return reservationView(fleet, reservation.id, reservation.instances);
});

function readUserData(encoded: string): string {
  const compact = encoded.replaceAll(/\s/g, '');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(compact))
    throw new AwsError('InvalidUserData.Malformed', 'Invalid BASE64 encoding of user data');
  const data = Buffer.from(compact, 'base64');
  if (data.length > mostUserDataBytes) {
    throw new AwsError('InvalidParameterValue', `User data is limited to ${mostUserDataBytes} bytes`);
  }
  return data.toString('utf8');
}
