import { SpecError } from '../errors.ts';

/**
 * The only values that get into a script, each with all the characters that it may have. None of them means anything to
 * a shell inside single quotes, and they are put into single quotes.
 */
const FORMS = {
  'bundle hash': /^[0-9a-f]{64}$/,
  sha256: /^[0-9a-f]{64}$/,
  'file name': /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/,
  link: /^https?:\/\/[A-Za-z0-9.-]{1,253}(:\d{1,5})?\/[A-Za-z0-9/%._~-]{1,1024}\?[A-Za-z0-9%&=._~-]{1,8192}$/,
  cluster: /^[a-z0-9][a-z0-9-]{0,30}$/,
  bucket: /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/,
  region: /^[a-z]{2,10}(-[a-z0-9]{1,20}){1,4}$/,
  kernel: /^[a-z]{1,10}$/,
  'job id': /^[a-z0-9][a-z0-9-]{2,39}$/,
  number: /^\d{1,16}$/,
} as const;

/** What a value is, which decides its characters. */
export type WordKind = keyof typeof FORMS;

/** A value as it may stand in a script. @throws SpecError where it has any other character */
export function word(kind: WordKind, value: string | number): string {
  const text = String(value);
  if (!FORMS[kind].test(text)) throw new SpecError(kind, `of the form ${FORMS[kind].source}`, value);
  return `'${text}'`;
}
