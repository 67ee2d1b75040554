import type * as z from 'zod';
import { InvalidRequestError } from './errors.ts';

/** One AWS action: takes the request's parameters as they came, answers the result's members. */
export interface Action<Context> {
  handle(input: unknown, context: Context): unknown;
}

/** The caller, as the signature proved it. */
export interface Caller {
  readonly accessKeyId: string;
  /** Set when an instance called with its own credentials. */
  readonly instanceId: string | undefined;
}

/** Joins a request schema with what to do about a valid request. */
export function action<Schema extends z.ZodType, Context>(
  schema: Schema,
  run: (input: z.output<Schema>, context: Context) => unknown,
): Action<Context> {
  return {
    handle(input, context) {
      const parsed = schema.safeParse(input, { reportInput: true });
      if (parsed.success) return run(parsed.data, context);
      const issue = parsed.error.issues[0]!;
      const parameter = issue.path.map(String).join('.');
      const missing = issue.code === 'invalid_type' && issue.input === undefined;
      throw new InvalidRequestError(
        parameter,
        missing ? `The request must contain the parameter ${parameter}` : issue.message,
        missing,
      );
    },
  };
}
