import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { AwsError } from '../errors.ts';

/** The checksums that Node can compute by itself; others (crc32c, crc64nvme) pass unchecked, as unknown headers do. */
const algorithms: Readonly<Record<string, (body: Buffer) => string>> = {
  'x-amz-checksum-crc32': (body) => {
    const value = Buffer.allocUnsafe(4);
    value.writeUInt32BE(crc32(body));
    return value.toString('base64');
  },
  'x-amz-checksum-sha1': (body) => createHash('sha1').update(body).digest('base64'),
  'x-amz-checksum-sha256': (body) => createHash('sha256').update(body).digest('base64'),
  'content-md5': (body) => createHash('md5').update(body).digest('base64'),
};

/** @throws AwsError BadDigest when a checksum that came with the body isn't the body's. */
export function checkChecksums(body: Buffer, given: Iterable<readonly [name: string, value: string]>): void {
  for (const [name, value] of given) {
    const compute = algorithms[name];
    if (compute !== undefined && compute(body) !== value) {
      throw new AwsError('BadDigest', `The ${name} you specified did not match the calculated checksum.`);
    }
  }
}
