import { CliError } from './errors.ts';
import { printable } from './view/printable.ts';

/** How a run ends that did not succeed: its exit code and what to print, the stack only for those who asked for it. */
export interface Failure {
  readonly exitCode: number;
  readonly line: string;
  readonly stack?: string;
}

/**
 * The one place where an error becomes an exit code and a line.
 */
export function failureOf(error: unknown, verbose: boolean): Failure {
  const exitCode = error instanceof CliError ? error.exitCode : isBadInput(error) ? 2 : 1;
  const line = `tessera: ${oneLine(error)}${hint(error, verbose)}`;
  const stack = verbose && exitCode === 1 && error instanceof Error ? stackOf(error) : undefined;
  return { exitCode, line, ...(stack === undefined ? {} : { stack }) };
}

/** Errors of other packages about what was typed, told by tag so that this file loads none of them. */
const INPUT_TAGS = new Set([
  'ShapeSyntaxError',
  'ShapeMismatchError',
  'SpecError',
  'OperandRefusedError',
  'PlanDoesNotFitError',
]);

function isBadInput(error: unknown): boolean {
  return error instanceof Error && '_tag' in error && INPUT_TAGS.has(String(error._tag));
}

function oneLine(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  return printable(text);
}

/** Typed errors say what to do themselves; anything else is unexpected, and the stack helps whoever reports it. */
function hint(error: unknown, verbose: boolean): string {
  const typed = error instanceof Error && '_tag' in error;
  return typed || verbose ? '' : ' (unexpected; --verbose shows where)';
}

function stackOf(error: Error): string {
  const cause = error.cause instanceof Error ? `\ncaused by ${stackOf(error.cause)}` : '';
  return `${error.stack ?? error.message}${cause}`;
}
