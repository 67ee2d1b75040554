/** The bucket of a simulated fleet. */
const BUCKET = 's3://fleet/';

/** The key in the fleet's bucket, or the prefix, that a URL names. */
export function bucketKey(url: string): string {
  return url.replace(BUCKET, '');
}
