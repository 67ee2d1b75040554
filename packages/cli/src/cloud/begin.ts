import { existsSync } from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { hasLastingCloud, spawnLocalCloud, type CloudHandle } from '@tessera/local-cloud/lifecycle';
import { spoken } from '../operations.ts';
import { localCloudScript } from './local-script.ts';

/** A local cloud that was begun before it was known whether it will be used. */
export interface BegunCloud {
  /** The cloud when it is ready, for the one who uses and ends it. Aborting `signal` before that ends it. */
  take(signal: AbortSignal): Promise<CloudHandle>;
  /** Ends it, unless it was taken. */
  abandon(): Promise<void>;
}

/** Options after which no local cloud is started, or a named one. */
const OTHERWISE = /^(--plan|--help|-h|--version|-V|--cloud(=.*)?)$/;

/** Whether arguments look like a job for a local cloud of its own. They are not read further than that. */
export function looksLikeLocalJob(args: readonly string[]): boolean {
  return Object.hasOwn(spoken, args[0] ?? '') && !args.some((arg) => OTHERWISE.test(arg));
}

/**
 * Begins the local cloud that a job will need, so that it starts while the program that reads the job is still being
 * loaded. An empty cloud costs nothing and does nothing; where the job turns out to be none it is ended again.
 */
export function beginCloud(
  args: readonly string[],
  place: { readonly stateRoot: string; readonly root: string },
): BegunCloud | undefined {
  if (!looksLikeLocalJob(args) || hasLastingCloud(place.stateRoot)) return undefined;
  const isFirst = !existsSync(place.stateRoot);
  const stop = new AbortController();
  const starting = spawnLocalCloud({
    stateRoot: place.stateRoot,
    script: localCloudScript(place.root),
    nodePath: process.execPath,
    detached: false,
    signal: stop.signal,
  });
  // Whoever takes it hears of it.
  starting.catch(() => undefined);
  let taken = false;
  return {
    take(signal) {
      taken = true;
      const abort = () => stop.abort(signal.reason);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
      return starting;
    },
    async abandon() {
      if (taken) return;
      taken = true;
      stop.abort(new Error('nobody needs it'));
      await starting.then(
        (cloud) => cloud.stop(),
        () => undefined,
      );
      // Bad input leaves nothing behind. Another run may have begun its own cloud there by now.
      if (isFirst) await rmdir(place.stateRoot).catch(() => undefined);
    },
  };
}
