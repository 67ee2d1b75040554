import type { Command } from './arguments/command.ts';
import { parseArguments } from './arguments/parse.ts';
import type { CommandContext } from './commands/context.ts';
import { failureOf } from './fail.ts';
import { readSettings } from './settings.ts';
import type { Stop } from './stop.ts';
import { linePainter, silentPainter, terminalPainter, type Painter } from './view/painter.ts';
import { Reporter } from './view/reporter.ts';
import { colorStyle, plainStyle } from './view/style.ts';
import type { World } from './world.ts';

/** What `main` is given besides the world: the wish to stop and what is to be done if that is urgent. */
export interface Emergency {
  readonly stop: Stop;
  readonly emergencies: (() => void)[];
}

/**
 * One run of the CLI. Never throws.
 * @returns the exit code: 0 done, 1 failed, 2 bad input, 130 interrupted, 143 terminated
 */
export async function main(world: World, version: string, { stop, emergencies }: Emergency): Promise<number> {
  let verbose = world.args.includes('--verbose');
  let painter: Painter = silentPainter;
  try {
    const command = parseArguments(world.args, version, Math.min(100, world.stdout.columns()));
    if (command.name === 'print') {
      world.stdout.write(command.text);
      return 0;
    }
    verbose = command.say.verbose;
    if (command.name === 'ask' && (!world.interactive || command.say.json)) {
      // Nobody can be asked: say what could have been typed.
      const help = parseArguments(['--help'], version);
      world.stderr.write(help.name === 'print' ? help.text : '');
      return 2;
    }
    // With --json stdout is the document's alone; people then read stderr, if they asked for more.
    const out = command.say.json ? world.stderr : world.stdout;
    const settings = readSettings(world.env, out.isTTY);
    painter =
      command.say.json && !verbose
        ? silentPainter
        : out.isTTY && world.env['TERM'] !== 'dumb'
          ? terminalPainter(out)
          : linePainter(out);
    emergencies.push(() => painter.settle(false));
    const style = settings.color ? colorStyle : plainStyle;
    const width = () => (out.isTTY ? out.columns() : Number.POSITIVE_INFINITY);
    const context: CommandContext = {
      world,
      settings,
      reporter: new Reporter(painter, style, { width, verbose }),
      style,
      stop,
      emergencies,
      printJson: (value) => world.stdout.write(`${JSON.stringify(value)}\n`),
    };
    await perform(command, context);
    return 0;
  } catch (error) {
    painter.settle(false);
    const cause: unknown = stop.signal.aborted ? stop.signal.reason : error;
    const failure = failureOf(await explained(cause), verbose);
    world.stderr.write(`${failure.line}\n`);
    if (failure.stack !== undefined) world.stderr.write(`${failure.stack}\n`);
    return failure.exitCode;
  }
}

async function perform(command: Exclude<Command, { name: 'print' }>, context: CommandContext): Promise<void> {
  switch (command.name) {
    case 'run':
      return (await import('./commands/run.ts')).run(command, context);
    case 'resume':
      return (await import('./commands/resume.ts')).resume(command, context);
    case 'ask':
      return (await import('./commands/ask.ts')).ask(command, context);
    case 'check':
      return (await import('./commands/check.ts')).check(command, context);
    case 'up':
      return (await import('./commands/up.ts')).up(command, context);
    case 'down':
      return (await import('./commands/down.ts')).down(command, context);
    case 'status':
      return (await import('./commands/status.ts')).status(command, context);
    case 'env':
      return (await import('./commands/env.ts')).env(command, context);
    case 'doctor':
      return (await import('./commands/doctor.ts')).doctor(command, context);
  }
}

/** An AWS client's error says what happened; what to do about it knows the provisioner. */
async function explained(error: unknown): Promise<unknown> {
  if (!(error instanceof Error) || !('$metadata' in error || '$service' in error)) return error;
  return (await import('@tessera/provisioner')).explainAwsError(error);
}
