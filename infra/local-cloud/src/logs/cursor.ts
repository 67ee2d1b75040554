import { AwsError } from '../errors.ts';

/**
 * A place between two events of a stream and the direction in which to read on, as GetLogEvents' tokens have it
 * (`f/3784...` forward, `b/3784...` backward). `position` counts the events before it from the stream's beginning.
 */
export interface Cursor {
  readonly direction: 'forward' | 'backward';
  readonly position: number;
}

export function writeCursor({ direction, position }: Cursor): string {
  return `${direction === 'forward' ? 'f' : 'b'}/${String(position).padStart(56, '0')}/s`;
}

/** @throws AwsError InvalidParameterException for anything that `writeCursor` didn't make. */
export function readCursor(token: string): Cursor {
  const [, letter, digits] = /^([fb])\/(\d{56})\/s$/.exec(token) ?? [];
  const position = Number(digits);
  if (letter === undefined || !Number.isSafeInteger(position)) {
    throw new AwsError('InvalidParameterException', 'The specified nextToken is invalid.');
  }
  return { direction: letter === 'f' ? 'forward' : 'backward', position };
}
