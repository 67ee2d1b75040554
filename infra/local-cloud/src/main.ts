import { parseArgs } from 'node:util';
import { writeCloudFile } from './lifecycle/cloud-file.ts';
import { startTime } from './processes/start-time.ts';
import { startLocalCloud } from './start-local-cloud.ts';
import type { LocalCloud } from './start-local-cloud.ts';

/**
 * The cloud as a program: `local-cloud.mjs --state-dir DIR [--detached] [--region R] [--port N]`.
 *
 * Prints one line of JSON when it is ready. Unless it is detached it lives as long as its standard input is open.
 * SIGTERM, SIGINT and SIGHUP end it in order too.
 */
const { values } = parseArgs({
  options: {
    'state-dir': { type: 'string' },
    detached: { type: 'boolean', default: false },
    region: { type: 'string' },
    port: { type: 'string' },
  },
});
const stateDir = values['state-dir'];
if (stateDir === undefined) {
  process.stderr.write('local-cloud: --state-dir DIR is required\n');
  process.exit(2);
}

const log = (message: string): void => void process.stderr.write(`${new Date().toISOString()} ${message}\n`);
// Whoever started us may be gone, and the log with the directory.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

const starting = startLocalCloud({
  stateDir,
  log,
  ...(values.region === undefined ? {} : { region: values.region }),
  ...(values.port === undefined ? {} : { port: Number(values.port) }),
});

let ending = false;
const end = (exitCode: number) => (): void => {
  if (ending) return;
  ending = true;
  starting
    .then((cloud) => cloud.close())
    .then(
      () => process.exit(exitCode),
      (error: unknown) => {
        log(`the cloud did not end cleanly: ${String(error)}`);
        // The watchdog sees us go and does the rest.
        process.exit(1);
      },
    );
};
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end(0));
process.on('uncaughtException', (error) => {
  log(`unexpected failure: ${error.stack}`);
  end(1)();
});
if (!values.detached) {
  process.stdin.on('end', end(0)).on('close', end(0)).on('error', end(0)).resume();
}

starting.then(
  (cloud) => announce(cloud, stateDir, values.detached),
  (error: unknown) => {
    log(`the cloud could not be started: ${error instanceof Error ? error.stack : String(error)}`);
    process.exit(1);
  },
);

function announce(cloud: LocalCloud, stateDir: string, detached: boolean): void {
  const { endpoint, region, accessKeyId, secretAccessKey, cloudId } = cloud;
  const { pid } = process;
  writeCloudFile(stateDir, {
    v: 1,
    endpoint,
    region,
    accessKeyId,
    secretAccessKey,
    cloudId,
    process: { pid, startTime: startTime(pid) ?? '' },
    detached,
  });
  process.stdout.write(`${JSON.stringify({ endpoint, region, accessKeyId, secretAccessKey, pid })}\n`);
}
