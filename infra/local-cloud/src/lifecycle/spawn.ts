import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Socket } from 'node:net';
import { CloudStartError } from '../errors.ts';
import { readCloudFile } from './cloud-file.ts';
import { cloudHandle } from './handle.ts';
import type { CloudHandle } from './handle.ts';
import { newStateDir } from './state-root.ts';

export interface SpawnOptions {
  /** Holds one directory per cloud; made if it is missing. */
  readonly stateRoot: string;
  /** The bundled program, `dist/local-cloud.mjs`. */
  readonly script: string;
  readonly nodePath: string;
  /** Detached: goes on after this process. Otherwise it ends with it, however that ends. */
  readonly detached: boolean;
  readonly region?: string;
  /** Ends the start, and what was started, early. */
  readonly signal?: AbortSignal;
  /** Where V8 keeps the compiled program; by default beside it. */
  readonly compileCacheDir?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

const longestStartMs = 30_000;

/** MiB that V8 fills before it collects for the first time: loading its code would make it do so half a dozen times. */
const ROOM_FOR_YOUNG_OBJECTS = '--min-semi-space-size=16';

/**
 * Starts a cloud in a process of its own and answers when it is ready for requests.
 *
 * It runs in a session of its own, so Ctrl-C in the terminal reaches the caller alone, which can then end things in
 * order. What ties it to the caller is its standard input: the system closes it when the caller ends, even by SIGKILL.
 *
 * @throws StateRootError, CloudStartError, or the signal's reason.
 */
export async function spawnLocalCloud(options: SpawnOptions): Promise<CloudHandle> {
  const { script, nodePath, detached, signal } = options;
  signal?.throwIfAborted();
  const stateDir = newStateDir(options.stateRoot);
  const logFile = join(stateDir, 'cloud.log');
  const log = openSync(logFile, 'a', 0o600);
  const child = spawn(
    nodePath,
    [
      ROOM_FOR_YOUNG_OBJECTS,
      script,
      '--state-dir',
      stateDir,
      ...(detached ? ['--detached'] : []),
      ...(options.region === undefined ? [] : ['--region', options.region]),
    ],
    {
      detached: true,
      env: {
        NODE_COMPILE_CACHE: options.compileCacheDir ?? join(dirname(script), '.compile-cache'),
        ...(options.environment ?? process.env),
      },
      stdio: [detached ? 'ignore' : 'pipe', 'pipe', log],
    },
  );
  closeSync(log);
  const lifeline = child.stdin;
  lifeline?.on('error', () => undefined);
  try {
    await ready(child, signal);
    const cloud = readCloudFile(stateDir);
    if (cloud === undefined) throw new Error('its state file is missing');
    child.stdout!.destroy();
    child.unref();
    (lifeline as Socket | null)?.unref();
    return cloudHandle(stateDir, cloud, () => void (lifeline === null ? child.kill('SIGTERM') : lifeline.end()));
  } catch (error) {
    const lastWords = readIfThere(logFile);
    // Only who has ended makes nothing more there. Its watchdog may be removing it too, at which `rmSync` would stop half-way.
    if (child.kill('SIGKILL')) await once(child, 'exit');
    await rm(stateDir, { recursive: true, force: true, maxRetries: 3 });
    if (signal?.aborted === true) throw signal.reason;
    throw new CloudStartError(error instanceof Error ? error.message : String(error), lastWords, { cause: error });
  }
}

/** Waits for the ready line. */
function ready(child: ChildProcess, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal?.reason as Error);
    const timer = setTimeout(
      () => reject(new Error(`it was not ready within ${longestStartMs / 1000} s`)),
      longestStartMs,
    );
    signal?.addEventListener('abort', abort, { once: true });
    const settle = (outcome: () => void) => () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      outcome();
    };
    child.once('error', (error) => settle(() => reject(error))());
    child.once('exit', (code, killedBy) =>
      settle(() => reject(new Error(`it ended with ${killedBy ?? `exit code ${code}`}`)))(),
    );
    let line = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      line += text;
      if (line.includes('\n')) settle(resolve)();
    });
  });
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8').slice(-4000);
  } catch {
    return '';
  }
}
