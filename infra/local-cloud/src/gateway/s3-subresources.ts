import { AwsError } from '../errors.ts';
import type { Target } from './target.ts';

/** Parts of S3 that fauxqs takes for plain reads and writes of objects: no answer is better than a wrong one. */
const unsupported = new Set(
  `accelerate acl analytics cors encryption intelligent-tiering inventory legal-hold location logging metrics notification object-lock
  ownershipControls policy policyStatus publicAccessBlock replication requestPayment restore retention select tagging torrent versionId
  versioning versions website`.split(/\s+/),
);

/** @throws AwsError NotImplemented */
export function refuseUnsupported({ query }: Target): void {
  const name = Object.keys(query).find((parameter) => unsupported.has(parameter));
  if (name !== undefined) {
    throw new AwsError('NotImplemented', `The local cloud has no "${name}" of buckets and objects.`, { status: 501 });
  }
}
