import { z } from 'zod';
import { MalformedMessageError, VersionMismatchError } from '../errors.ts';
import { PROTOCOL_VERSION } from '../version.ts';

/**
 * Reads one message or stored document by its schema.
 * @param what names the document in errors: 'work package'
 * @throws VersionMismatchError before anything else is looked at, MalformedMessageError naming the first fields that are wrong.
 */
export function parseMessage<T>(schema: z.ZodType<T>, what: string, text: string): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new MalformedMessageError(what, 'not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null) throw new MalformedMessageError(what, 'not a JSON object');
  const { v, bundle } = value as { v?: unknown; bundle?: unknown };
  if (v !== PROTOCOL_VERSION) throw new VersionMismatchError(PROTOCOL_VERSION, v, bundle);
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues
    .slice(0, 3)
    .map((issue) => `${issue.path.join('.') || 'message'}: ${issue.message}`);
  throw new MalformedMessageError(what, problems.join('; '));
}
