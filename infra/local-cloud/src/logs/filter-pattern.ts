import { AwsError } from '../errors.ts';

/**
 * The unstructured part of CloudWatch's filter syntax: all plain terms must occur, at least one of the `?terms`, none
 * of the `-terms`; double quotes keep spaces together. Matching is case-sensitive.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntaxForLogEvents.html
 *
 * @throws AwsError InvalidParameterException for JSON (`{ … }`), column (`[ … ]`) and regular expression (`%…%`)
 *   patterns, which the local cloud does not evaluate.
 */
export function filterPattern(pattern: string | undefined): (message: string) => boolean {
  const text = pattern?.trim() ?? '';
  if (/^[{[%]/.test(text)) {
    throw new AwsError(
      'InvalidParameterException',
      'Invalid filter pattern: the local cloud evaluates terms only, no JSON, column or regular expression patterns.',
    );
  }
  const all: string[] = [];
  const any: string[] = [];
  const none: string[] = [];
  for (const [, sign, quoted, plain] of text.matchAll(/([?-]?)(?:"((?:[^"\\]|\\.)*)"|(\S+))/g)) {
    const term = quoted === undefined ? plain! : quoted.replaceAll(/\\(.)/g, '$1');
    (sign === '?' ? any : sign === '-' ? none : all).push(term);
  }
  return (message) =>
    all.every((term) => message.includes(term)) &&
    (any.length === 0 || any.some((term) => message.includes(term))) &&
    !none.some((term) => message.includes(term));
}
