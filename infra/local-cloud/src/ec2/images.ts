import { createHash } from 'node:crypto';
import { AwsError } from '../errors.ts';

/** A machine image that the local cloud knows by name. */
export interface Image {
  readonly id: string;
  readonly name: string;
  readonly architecture: 'x86_64' | 'arm64';
  readonly description: string;
  /** The public SSM parameter that names it. */
  readonly parameter: string;
}

const amazonLinux = '/aws/service/ami-amazon-linux-latest';

function image(parameter: string, name: string, description: string): Image {
  const id = `ami-0${createHash('sha256').update(parameter).digest('hex').slice(0, 16)}`;
  return { id, name, description, parameter, architecture: /arm64/.test(parameter) ? 'arm64' : 'x86_64' };
}

/** https://docs.aws.amazon.com/linux/al2023/ug/ec2.html and its page on SSM parameters name these. */
export const images: readonly Image[] = ['x86_64', 'arm64'].flatMap((architecture) => [
  image(
    `${amazonLinux}/al2023-ami-kernel-default-${architecture}`,
    `al2023-ami-2023-kernel-default-${architecture}`,
    'Amazon Linux 2023 AMI',
  ),
  image(
    `${amazonLinux}/al2023-ami-kernel-6.1-${architecture}`,
    `al2023-ami-2023-kernel-6.1-${architecture}`,
    'Amazon Linux 2023 AMI, kernel 6.1',
  ),
  image(
    `${amazonLinux}/al2023-ami-kernel-6.12-${architecture}`,
    `al2023-ami-2023-kernel-6.12-${architecture}`,
    'Amazon Linux 2023 AMI, kernel 6.12',
  ),
  image(
    `${amazonLinux}/al2023-ami-minimal-kernel-default-${architecture}`,
    `al2023-ami-minimal-2023-kernel-default-${architecture}`,
    'Amazon Linux 2023 minimal AMI',
  ),
  image(
    `${amazonLinux}/amzn2-ami-hvm-${architecture}-gp2`,
    `amzn2-ami-hvm-2-${architecture}-gp2`,
    'Amazon Linux 2 AMI',
  ),
  image(
    `${amazonLinux}/amzn2-ami-kernel-5.10-hvm-${architecture}-gp2`,
    `amzn2-ami-kernel-5.10-hvm-2-${architecture}-gp2`,
    'Amazon Linux 2 AMI, kernel 5.10',
  ),
]);

/** The public parameters of SSM: name to image id. */
export const imageParameters: ReadonlyMap<string, string> = new Map(images.map(({ parameter, id }) => [parameter, id]));

/**
 * The image id that RunInstances should use: `resolve:ssm:<public parameter>` is looked up; any well-formed id is
 * taken as it is, since ids differ from region to region and every instance here is this machine anyway.
 *
 * @throws AwsError InvalidAMIID.Malformed, InvalidParameterValue
 */
export function resolveImageId(requested: string): string {
  const parameter = /^resolve:ssm:([^:]+)(:\d+)?$/.exec(requested)?.[1];
  if (parameter !== undefined) {
    const id = imageParameters.get(parameter);
    if (id === undefined)
      throw new AwsError('InvalidParameterValue', `The SSM parameter ${parameter} of ImageId does not exist.`);
    return id;
  }
  if (!/^ami-([0-9a-f]{8}|[0-9a-f]{17})$/.test(requested)) {
    throw new AwsError('InvalidAMIID.Malformed', `Invalid id: "${requested}" (expecting "ami-...")`);
  }
  return requested;
}
