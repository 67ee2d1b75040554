import { chmodSync, mkdirSync, realpathSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Caller } from './action.ts';
import { systemClock } from './clock.ts';
import type { Clock } from './clock.ts';
import { CredentialStore } from './credentials/credentials.ts';
import { Fleet } from './ec2/fleet.ts';
import type { StateDelays } from './ec2/fleet.ts';
import { ec2Actions } from './ec2/register.ts';
import { startGateway } from './gateway/gateway.ts';
import { jsonService, queryService } from './gateway/service.ts';
import { logsActions } from './logs/register.ts';
import { LogStore } from './logs/store.ts';
import { installPowerSwitch } from './machine/power-switch.ts';
import { cloudMarker } from './processes/cloud-marker.ts';
import { createRegistry } from './processes/registry.ts';
import { startWatchdog } from './processes/watchdog.ts';
import { hexId, systemRandom } from './random.ts';
import type { RandomSource } from './random.ts';
import { Agent } from './ssm/agent.ts';
import { ssmActions } from './ssm/register.ts';
import type { Storage } from './storage/storage.ts';
import { stsActions } from './sts/register.ts';

export interface LocalCloudOptions {
  /** The cloud's own directory: made if it is missing, open to its owner only, removed when the cloud ends. */
  readonly stateDir: string;
  readonly region?: string;
  /** 0 takes a free one. */
  readonly port?: number;
  readonly clock?: Clock;
  readonly random?: RandomSource;
  /** The Node that instances find first in their PATH. */
  readonly nodePath?: string;
  /** How long instances stay in the states that pass by themselves. */
  readonly stateDelaysMs?: Partial<StateDelays>;
  /** From SendCommand until the instance has the command; before that GetCommandInvocation doesn't know it. */
  readonly deliveryMs?: number;
  /** Between SIGTERM and SIGKILL for a command that is cancelled or takes too long. */
  readonly cancelGraceMs?: number;
  /** Between SIGTERM and SIGKILL for the processes of an instance that stops or ends. */
  readonly stopGraceMs?: number;
  /** `XDG_CACHE_HOME` of the instances, which outlives them; by default that of the caller. */
  readonly cacheDir?: string;
  /** The caller's environment, from which PATH and a few named variables are handed on to instances. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  readonly log?: (message: string) => void;
}

export interface LocalCloud {
  /** `http://127.0.0.1:<port>`, for `AWS_ENDPOINT_URL`. */
  readonly endpoint: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** Identifies this start of the cloud; no secret. */
  readonly cloudId: string;
  /** Ends every process of every instance, and removes the directory. */
  close(): Promise<void>;
}

/** Nothing that an instance could still save outlives the cloud, so its end is quick. */
const longestCloseGraceMs = 300;
const defaultDelays: StateDelays = { pending: 1, online: 1, stopping: 5, shuttingDown: 5 };

/** Starts the embedded cloud in this process. */
export async function startLocalCloud(options: LocalCloudOptions): Promise<LocalCloud> {
  const {
    region = 'us-east-1',
    clock = systemClock,
    random = systemRandom,
    environment = process.env,
    log = () => undefined,
  } = options;
  mkdirSync(options.stateDir, { recursive: true, mode: 0o700 });
  chmodSync(options.stateDir, 0o700);
  const stateDir = realpathSync(options.stateDir);
  createRegistry(stateDir);
  const stopGraceMs = options.stopGraceMs ?? 2000;
  const cloudId = hexId(random, 24);
  const marker = cloudMarker(stateDir);
  const watchdog = startWatchdog(stateDir, marker);

  const credentials = new CredentialStore(random);
  const logs = new LogStore(region);
  let endpoint = '';
  const power = installPowerSwitch(stateDir, (id, request) => fleet.switchedFromInside(id, request));
  const fleet = new Fleet({
    stateDir,
    region,
    clock,
    random,
    credentials,
    delays: { ...defaultDelays, ...options.stateDelaysMs },
    graceMs: stopGraceMs,
    surroundings: {
      commandsDir: power.commandsDir,
      nodePath: options.nodePath ?? process.execPath,
      cacheDir: options.cacheDir ?? environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'),
      cloudMarker: marker,
      outer: environment,
      endpoint: () => endpoint,
    },
    log,
  });
  const agent = new Agent({ clock, logs, deliveryMs: options.deliveryMs ?? 1, graceMs: options.cancelGraceMs ?? 5000 });
  const ssm = { fleet, agent, commands: new Map(), clock, random };

  let storage: Promise<Storage> | undefined;
  // fauxqs and fastify take longer to load than all the rest: the first answers don't wait for them.
  const openStorage = (): Promise<Storage> => {
    storage ??= import('./storage/fauxqs.ts').then(({ startFauxqs }) =>
      startFauxqs({ region, endpoint: () => endpoint }),
    );
    return storage;
  };
  const gateway = await startGateway(
    {
      admission: { credentials, clock, region },
      services: {
        ec2: queryService('ec2', 'http://ec2.amazonaws.com/doc/2016-11-15/', ec2Actions, (caller: Caller) => ({
          fleet,
          caller,
        })),
        sts: queryService('query', 'https://sts.amazonaws.com/doc/2011-06-15/', stsActions, (caller: Caller) => ({
          caller,
        })),
        ssm: jsonService(ssmActions, () => ssm),
        logs: jsonService(logsActions, () => ({ store: logs, clock })),
      },
      storage: openStorage,
      random,
      cloudId,
      log,
    },
    options.port ?? 0,
  ).catch(async (error: unknown) => {
    power.close();
    await watchdog.dismiss();
    rmSync(stateDir, { recursive: true, force: true });
    throw error;
  });
  endpoint = gateway.endpoint;
  const warmUp = setImmediate(
    () => void openStorage().catch((error: unknown) => log(`fauxqs could not be started: ${String(error)}`)),
  );

  let closing: Promise<void> | undefined;
  const close = async (): Promise<void> => {
    clearImmediate(warmUp);
    power.close();
    // The instances' processes may still say what they have to while they end.
    gateway.stopListening();
    await fleet.close(Math.min(stopGraceMs, longestCloseGraceMs));
    await gateway.close();
    await (await storage)?.close();
    // Nobody is served any more, so nobody waits for it.
    rmSync(stateDir, { recursive: true, force: true, maxRetries: 3 });
    await watchdog.dismiss();
  };
  const { accessKeyId, secretAccessKey } = credentials.owner;
  return { endpoint, region, accessKeyId, secretAccessKey, cloudId, close: () => (closing ??= close()) };
}
