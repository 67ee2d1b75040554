import * as z from 'zod';
import { action } from '../../action.ts';
import { AwsError } from '../../errors.ts';
import type { Ec2Context } from '../context.ts';
import { wildcard } from '../filter.ts';
import { images, resolveImageId } from '../images.ts';
import type { Image } from '../images.ts';
import { dryRun, endDryRun, filters, list } from '../parameters.ts';

const attributes: Readonly<Record<string, (image: Image) => string>> = {
  architecture: (image) => image.architecture,
  description: (image) => image.description,
  'image-id': (image) => image.id,
  'image-type': () => 'machine',
  'is-public': () => 'true',
  name: (image) => image.name,
  'owner-alias': () => 'amazon',
  'root-device-type': () => 'ebs',
  state: () => 'available',
  'virtualization-type': () => 'hvm',
};

/** https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeImages.html */
export const describeImages = action(
  z.object({ ...dryRun, ImageId: z.array(z.string()).optional(), Owner: list(z.string()), Filter: filters }),
  (input, _context: Ec2Context) => {
    endDryRun(input);
    const tests = input.Filter.map(({ Name, Value }) => {
      const read = attributes[Name];
      if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${Name}' is invalid`);
      const patterns = Value.map(wildcard);
      return (image: Image) => patterns.some((pattern) => pattern.test(read(image)));
    });
    const named = input.ImageId?.map((id) => {
      const image = images.find((known) => known.id === resolveImageId(id));
      if (image === undefined) throw new AwsError('InvalidAMIID.NotFound', `The image id '[${id}]' does not exist`);
      return image;
    });
    return {
      imagesSet: (named ?? images)
        .filter((image) => tests.every((test) => test(image)))
        .map((image) => ({
          imageId: image.id,
          imageLocation: `amazon/${image.name}`,
          imageState: 'available',
          imageOwnerId: '137112412989',
          imageOwnerAlias: 'amazon',
          creationDate: '2024-01-01T00:00:00.000Z',
          isPublic: true,
          architecture: image.architecture,
          imageType: 'machine',
          name: image.name,
          description: image.description,
          rootDeviceType: 'ebs',
          rootDeviceName: '/dev/xvda',
          virtualizationType: 'hvm',
          hypervisor: 'xen',
        })),
    };
  },
);
