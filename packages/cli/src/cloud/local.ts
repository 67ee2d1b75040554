import { findRunningCloud, spawnLocalCloud, sweepDeadClouds, type CloudHandle } from '@tessera/local-cloud/lifecycle';
import { UsageError } from '../errors.ts';
import type { BegunCloud } from './begin.ts';
import type { Cloud } from './cloud.ts';
import { localCloudScript } from './local-script.ts';
import { readPrograms } from './programs.ts';

/** Where local clouds keep their state and what they are started from. */
export interface LocalCloudPlace {
  readonly stateRoot: string;
  /** Folder of this installation. */
  readonly root: string;
  /** The one that was begun for this run, if one was. */
  readonly begun?: BegunCloud | undefined;
}

/**
 * Joins the local cloud that `up` left running, or takes or starts one that lives as long as this run. While it starts, the AWS
 * clients are loaded and the programs hashed; what dead clouds left behind is cleared meanwhile.
 */
export async function openLocal(place: LocalCloudPlace, signal: AbortSignal): Promise<Cloud> {
  const running = await findRunningCloud(place.stateRoot);
  if (running !== undefined) return cloudOf(running, false);
  const started =
    place.begun?.take(signal) ??
    spawnLocalCloud({
      stateRoot: place.stateRoot,
      script: localCloudScript(place.root),
      nodePath: process.execPath,
      detached: false,
      signal,
    });
  // What is wrong with the programs is said when the fleet is set up.
  readPrograms(place.root, false).catch(() => undefined);
  const [handle] = await Promise.all([started.catch(explained), loadClients()]);
  sweep(place.stateRoot);
  return cloudOf(handle, true);
}

/** Joins the local cloud that stays, or starts one that does. */
export async function openLasting(place: LocalCloudPlace, signal: AbortSignal): Promise<Cloud> {
  sweep(place.stateRoot);
  const running = await findRunningCloud(place.stateRoot);
  if (running !== undefined) return cloudOf(running, false);
  const script = localCloudScript(place.root);
  const started = spawnLocalCloud({
    stateRoot: place.stateRoot,
    script,
    nodePath: process.execPath,
    detached: true,
    signal,
  });
  const [handle] = await Promise.all([started.catch(explained), loadClients()]);
  return cloudOf(handle, false);
}

/** The local cloud that `up` left running, if any. */
export async function findLasting(stateRoot: string): Promise<CloudHandle | undefined> {
  return findRunningCloud(stateRoot);
}

/** A cloud that is there. */
export async function cloudOf(handle: CloudHandle, ephemeral: boolean): Promise<Cloud> {
  const { endpoint, region, accessKeyId, secretAccessKey } = handle;
  const { openClients } = await import('@tessera/provisioner');
  const clients = await openClients({ endpoint, region, credentials: { accessKeyId, secretAccessKey } });
  return {
    kind: 'local',
    clients,
    ephemeral,
    async close() {
      clients.destroy();
      if (ephemeral) await handle.stop();
    },
    kill() {
      clients.destroy();
      if (!ephemeral) return;
      try {
        process.kill(handle.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
    },
  };
}

/** Where the state is kept is what was typed, or could be. */
function explained(error: unknown): never {
  // By its tag: the cloud may have been begun by a program with a class of its own (cli.ts).
  const isIt = error instanceof Error && '_tag' in error && error._tag === 'StateRootError';
  if (!isIt) throw error;
  throw new UsageError(`${error.message}; set TESSERA_HOME to a folder that has room and may be written`);
}

/** Loads the clients' code by making a set that calls nothing. */
async function loadClients(): Promise<void> {
  const { openClients } = await import('@tessera/provisioner');
  const credentials = { accessKeyId: 'none', secretAccessKey: 'none' };
  const clients = await openClients({ region: 'us-east-1', endpoint: 'http://127.0.0.1:9', credentials });
  clients.destroy();
}

/** What dead clouds left is cleared on the side: a job neither waits for it nor fails by it. */
function sweep(stateRoot: string): void {
  sweepDeadClouds(stateRoot).catch(() => undefined);
}
