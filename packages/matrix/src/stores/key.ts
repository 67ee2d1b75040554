import { KeyError } from '../errors.ts';

/** The start of the names of files that are being written; no key segment may have it. */
export const TEMPORARY = '.tessera-writing-';

/** S3 takes keys of 1,024 bytes (docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html); the prefix needs room. */
const MAX_KEY = 900;

/** @throws KeyError unless the key is one or more plain segments joined by single slashes. */
export function checkKey(key: string): void {
  if (key === '') throw new KeyError(key, 'is empty');
  if (key.length > MAX_KEY) throw new KeyError(`${key.slice(0, 60)}…`, `has more than ${MAX_KEY} characters`);
  if (key.startsWith('/')) throw new KeyError(key, 'is absolute');
  if (key.includes('\\')) throw new KeyError(key, 'has a backslash');
  // oxlint-disable-next-line no-control-regex -- control characters are what is looked for
  if (/[\u0000-\u001f\u007f]/.test(key)) throw new KeyError(key, 'has a control character');
  for (const segment of key.split('/')) {
    if (segment === '') throw new KeyError(key, 'has an empty segment');
    if (segment === '.' || segment === '..') throw new KeyError(key, `has the segment ${segment}`);
    if (segment.startsWith(TEMPORARY)) throw new KeyError(key, 'has the name of an unfinished write');
  }
}

/** Like `checkKey`, where '' stands for everything. */
export function checkPrefix(prefix: string): void {
  if (prefix !== '') checkKey(prefix);
}
