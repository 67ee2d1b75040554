import { formatShape } from '@tessera/protocol';
import type { Command } from '../arguments/command.ts';
import { InterruptedError } from '../errors.ts';
import { askForJob } from '../input/ask.ts';
import { terminalConversation } from '../input/terminal.ts';
import type { CommandContext } from './context.ts';
import { run } from './run.ts';

/** Without a command, in a terminal: asks for operation and shapes, then runs that. */
export async function ask(command: Extract<Command, { name: 'ask' }>, context: CommandContext): Promise<void> {
  const conversation = terminalConversation(context.world.stdin, context.world.terminal, context.stop.signal);
  const answers = await askForJob(conversation).finally(() => conversation.close());
  if (answers === undefined) {
    context.world.stdout.write('\n');
    throw new InterruptedError('SIGINT');
  }
  const operands = answers.operands.map(formatShape);
  // The time that a person took to answer is not the job's.
  const answered = context.world.elapsed();
  const world = { ...context.world, elapsed: () => context.world.elapsed() - answered, loadedAfter: 0 };
  await run({ ...command, name: 'run', op: answers.op, operands, plan: false }, { ...context, world });
}
