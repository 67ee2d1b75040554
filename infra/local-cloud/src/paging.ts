import { AwsError } from './errors.ts';

/** One page of a longer answer. Tokens are opaque to callers, as AWS's are. */
export interface Page<T> {
  readonly items: T[];
  readonly nextToken: string | undefined;
}

/**
 * Cuts `items` into pages of at most `limit`. The token holds the position of the next item; what is inserted or removed
 * between two pages may be missed or seen twice, which AWS doesn't rule out either.
 *
 * @throws AwsError with `invalidTokenCode` for a token that this function didn't make.
 */
export function page<T>(
  items: readonly T[],
  limit: number | undefined,
  token: string | undefined,
  invalidTokenCode = 'InvalidNextToken',
): Page<T> {
  const start = token === undefined ? 0 : readToken(token, invalidTokenCode);
  const end = limit === undefined ? items.length : start + limit;
  return { items: items.slice(start, end), nextToken: end < items.length ? writeToken(end) : undefined };
}

function writeToken(position: number): string {
  return Buffer.from(`page:${position}`).toString('base64url');
}

function readToken(token: string, invalidTokenCode: string): number {
  const position = /^page:(\d{1,9})$/.exec(Buffer.from(token, 'base64url').toString('latin1'))?.[1];
  if (position === undefined) throw new AwsError(invalidTokenCode, 'The specified next token is not valid');
  return Number(position);
}
