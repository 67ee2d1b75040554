import { imageParameters } from '../ec2/images.ts';
import type { Fleet } from '../ec2/fleet.ts';

/** A public parameter as the API shows it, or undefined when there is none of that name. */
export function publicParameter(name: string, { region }: Fleet): object | undefined {
  const bare = name.replace(/^arn:aws[\w-]*:ssm:[^:]*::parameter/, '').replace(/:\d+$/, '');
  const value = imageParameters.get(bare);
  if (value === undefined) return undefined;
  return {
    Name: bare,
    Type: 'String',
    Value: value,
    Version: 1,
    LastModifiedDate: 1_704_067_200,
    ARN: `arn:aws:ssm:${region}::parameter${bare}`,
    DataType: 'aws:ec2:image',
  };
}
