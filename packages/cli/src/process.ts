import { isatty } from 'node:tty';
import type { BegunCloud } from './cloud/begin.ts';
import { main } from './main.ts';
import { watchSignals } from './stop.ts';
import { BUNDLE_VERSION } from './version.ts';
import { callersFolder, type Output, type World } from './world.ts';

/**
 * The only place that touches the process: reads what it was given, hands it down, ends with the code that comes back.
 * @param root folder of this installation
 * @param loadedAfter milliseconds since the process began, before any of this code
 * @param begun a local cloud that was begun for this run
 */
export async function runProcess(root: string, loadedAfter: number, begun: BegunCloud | undefined): Promise<never> {
  const world: World = {
    args: process.argv.slice(2),
    env: process.env,
    root,
    cwd: callersFolder(process.env, process.cwd()),
    // Opened only when it is read.
    get stdin() {
      return process.stdin;
    },
    interactive: isatty(0) && isatty(1),
    terminal: process.stdout,
    stdout: outputOf(process.stdout),
    stderr: outputOf(process.stderr),
    elapsed: () => performance.now(),
    loadedAfter,
    begun,
  };
  const emergencies: (() => void)[] = [];
  const stop = watchSignals(
    process,
    () => performance.now(),
    (exitCode) => {
      for (const act of emergencies.toReversed()) act();
      process.exit(exitCode);
    },
  );
  const exitCode = await main(world, BUNDLE_VERSION, { stop, emergencies });
  await begun?.abandon();
  stop.dispose();
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  // Idle sockets and timers of libraries must not keep a finished run waiting.
  process.exit(exitCode);
}

function outputOf(stream: NodeJS.WriteStream): Output {
  // A reader that has gone (`| head`) wants no more, and that is no reason to fail.
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  return {
    isTTY: stream.isTTY === true,
    columns: () => stream.columns ?? 80,
    write(text) {
      if (!gone) stream.write(text);
    },
  };
}

/** Resolves when what was written has left the process, or never will. */
function flushed(stream: NodeJS.WriteStream): Promise<void> {
  return new Promise((resolve) => {
    if (stream.destroyed || stream.errored !== null) return resolve();
    stream.once('error', () => resolve());
    stream.write('', () => resolve());
  });
}
