/**
 * The code by which AWS names an error: `name` in the SDK's exceptions, `Code` in raw ones, `code` in socket errors and
 * in this package's own. SQS's JSON protocol puts a namespace before it, which is cut off.
 */
export function awsCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const { name, Code, code } = error as { name?: unknown; Code?: unknown; code?: unknown };
  const named = typeof name === 'string' && !PLAIN.has(name) ? name : undefined;
  const found = [code, Code, named].find((value) => typeof value === 'string' && value !== '');
  return typeof found === 'string' ? found.replace(/^.*[#]/, '') : '';
}

/** The HTTP status of the answer, where there was one. */
export function awsStatus(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } } | null)?.$metadata?.httpStatusCode;
}

/** Names that say nothing about what AWS answered. */
const PLAIN = new Set(['Error', 'TypeError']);
