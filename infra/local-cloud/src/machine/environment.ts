import { dirname, join } from 'node:path';
import type { Credentials } from '../credentials/credentials.ts';

/** Settings of numeric and graphics libraries that the person who started the cloud may have made, and Tessera's own. */
const passedOn =
  /^(OPENBLAS_CORETYPE|OPENBLAS_L2_SIZE|UV_THREADPOOL_SIZE|VK_ICD_FILENAMES|VK_DRIVER_FILES|TESSERA_\w+)$/;

export interface EnvironmentOptions {
  readonly instanceId: string;
  readonly directory: string;
  readonly endpoint: string;
  readonly metadataEndpoint: string;
  readonly region: string;
  readonly credentials: Credentials;
  readonly nodePath: string;
  /** Commands that must not reach this machine's own (power-switch.ts). */
  readonly commandsDir: string;
  readonly cacheDir: string;
  /** `NAME=value` that all processes of one cloud carry. */
  readonly cloudMarker: string;
  /** The environment of the process that the cloud runs in; only what `passedOn` names and PATH are taken from it. */
  readonly outer: Readonly<Record<string, string | undefined>>;
}

/** The environment of every command on an instance, made from nothing: what isn't named here does not leak in. */
export function machineEnvironment(options: EnvironmentOptions): Record<string, string> {
  const environment: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.outer)) {
    if (value !== undefined && passedOn.test(name)) environment[name] = value;
  }
  const equals = options.cloudMarker.indexOf('=');
  return {
    ...environment,
    PATH: [
      options.commandsDir,
      dirname(options.nodePath),
      ...(options.outer['PATH'] ?? '/usr/local/bin:/usr/bin:/bin').split(':'),
    ].join(':'),
    HOME: options.directory,
    TMPDIR: join(options.directory, 'tmp'),
    LANG: options.outer['LANG'] ?? 'C.UTF-8',
    XDG_CACHE_HOME: options.cacheDir,
    AWS_ENDPOINT_URL: options.endpoint,
    AWS_REGION: options.region,
    AWS_DEFAULT_REGION: options.region,
    AWS_ACCESS_KEY_ID: options.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: options.credentials.secretAccessKey,
    ...(options.credentials.sessionToken === undefined ? {} : { AWS_SESSION_TOKEN: options.credentials.sessionToken }),
    AWS_EC2_METADATA_SERVICE_ENDPOINT: options.metadataEndpoint,
    [options.cloudMarker.slice(0, equals)]: options.cloudMarker.slice(equals + 1),
    [instanceMarkerName]: options.instanceId,
  };
}

const instanceMarkerName = 'TESSERA_INSTANCE_ID';

/** What tells an instance's processes from all others. Instance ids are random, so no two clouds share one. */
export function instanceMarker(instanceId: string): string {
  return `${instanceMarkerName}=${instanceId}`;
}
