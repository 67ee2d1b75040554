export { main, type Emergency } from './main.ts';
export { parseArguments } from './arguments/parse.ts';
export type { Command } from './arguments/command.ts';
export type { Outcome } from './job/outcome.ts';
export { CliError, InterruptedError, JobFailedError, UnavailableError, UsageError } from './errors.ts';
export type { Output, World } from './world.ts';
