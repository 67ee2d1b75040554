import { AwsError } from '../errors.ts';

/**
 * How a test takes an instance away as the spot market would, with nothing but an EC2 client: the tag
 * `tessera:spot-interruption` with the value `terminate` or `stop`, and optionally the notice in seconds
 * (`terminate 5`). The notice shows in the instance's metadata at once; without a number it is EC2's two minutes
 * (https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/spot-instance-termination-notices.html).
 */
export const spotInterruptionTag = 'tessera:spot-interruption';

const usualNoticeSeconds = 120;

export function requestedInterruption(
  tags: readonly { Key: string; Value: string }[],
): { action: 'stop' | 'terminate'; noticeMs: number } | undefined {
  const value = tags.find(({ Key }) => Key === spotInterruptionTag)?.Value;
  if (value === undefined) return undefined;
  const [, action, seconds = String(usualNoticeSeconds)] =
    /^(stop|terminate)(?: (\d{1,6}(?:\.\d{1,3})?))?$/.exec(value) ?? [];
  if (action === undefined) {
    throw new AwsError(
      'InvalidParameterValue',
      `Value (${value}) of ${spotInterruptionTag} is invalid. Expected "terminate" or "stop", with the notice in seconds after it if it isn't 120.`,
    );
  }
  return { action: action as 'stop' | 'terminate', noticeMs: Number(seconds) * 1000 };
}
