import type { Clock } from '../clock.ts';
import type { Fleet } from '../ec2/fleet.ts';
import { AwsError } from '../errors.ts';
import type { RandomSource } from '../random.ts';
import type { Agent } from './agent.ts';
import type { Command, Invocation } from './command.ts';

/** What an action of SSM works with. */
export interface SsmContext {
  readonly fleet: Fleet;
  readonly agent: Agent;
  readonly commands: Map<string, Command>;
  readonly clock: Clock;
  readonly random: RandomSource;
}

/** @throws AwsError InvalidCommandId */
export function requireCommand({ commands }: SsmContext, id: string): Command {
  const command = commands.get(id);
  if (command === undefined) throw new AwsError('InvalidCommandId', '');
  return command;
}

/** Newest first, as the service lists them. */
export function newestFirst<T extends Command | Invocation>(items: Iterable<T>): T[] {
  return [...items].toReversed();
}
