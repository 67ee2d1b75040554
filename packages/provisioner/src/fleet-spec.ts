import { ClusterName, KernelPreference } from '@tessera/protocol';
import type { Artifact } from './bundles/artifact.ts';
import { SpecError } from './errors.ts';

/** The fleet that is wanted. */
export interface FleetSpec {
  readonly cluster: ClusterName;
  /** At least this many workers; more that run already stay as they are. */
  readonly workers: number;
  /** Instance types, `t3.large`. */
  readonly masterType: string;
  readonly workerType: string;
  /** Image of new instances. Left out: the newest Amazon Linux 2023 for x86_64, by SSM's public parameter. */
  readonly image?: string | undefined;
  /** Name or ARN of the instance profile that lets instances use queues, bucket, logs and SSM. */
  readonly instanceProfile?: string | undefined;
  readonly keyName?: string | undefined;
  readonly securityGroupIds?: readonly string[] | undefined;
  readonly subnetId?: string | undefined;
  /** The programs: each list has `worker.mjs` or `master.mjs` and what it needs beside it. */
  readonly artifacts: { readonly worker: readonly Artifact[]; readonly master: readonly Artifact[] };
  readonly worker: WorkerSettings;
  /** An instance unused for so long shuts itself down. Left out: never. */
  readonly timeToLiveMinutes?: number | undefined;
  /** What shutting itself down does to an instance; `stop` keeps it for later. Default `stop`. */
  readonly onShutdown?: 'stop' | 'terminate' | undefined;
}

/** What a worker program is told at its start. */
export interface WorkerSettings {
  /** Its memory budget; left out, the program decides by its machine. */
  readonly memoryBytes?: number | undefined;
  readonly kernel: KernelPreference;
  /** Threads of its kernel; left out, the program decides. */
  readonly threads?: number | undefined;
}

/** Refuses a specification before anything is started. @throws SpecError naming the field, the form expected and the value. */
export function checkFleetSpec(spec: FleetSpec): void {
  expect('cluster', ClusterName.safeParse(spec.cluster).success, '1 to 31 of a-z, 0-9 and -', spec.cluster);
  expect('workers', whole(spec.workers, 1, 1_000), 'a whole number from 1 to 1000', spec.workers);
  for (const field of ['masterType', 'workerType'] as const) {
    expect(
      field,
      /^[a-z][a-z0-9-]{0,30}\.[a-z0-9-]{1,20}$/.test(spec[field]),
      'an instance type such as t3.large',
      spec[field],
    );
  }
  const { memoryBytes, kernel, threads } = spec.worker;
  expect('worker.kernel', KernelPreference.safeParse(kernel).success, KernelPreference.options.join(', '), kernel);
  expect(
    'worker.memoryBytes',
    memoryBytes === undefined || whole(memoryBytes, 1, 2 ** 50),
    'a number of bytes',
    memoryBytes,
  );
  expect('worker.threads', threads === undefined || whole(threads, 1, 4096), 'a whole number from 1', threads);
  const life = spec.timeToLiveMinutes;
  expect('timeToLiveMinutes', life === undefined || whole(life, 1, 100_000), 'whole minutes, at least 1', life);
  for (const role of ['worker', 'master'] as const) {
    const names = spec.artifacts[role].map((artifact) => artifact.name);
    expect(`artifacts.${role}`, names.includes(`${role}.mjs`), `a list with ${role}.mjs in it`, names);
    expect(`artifacts.${role}`, new Set(names).size === names.length, 'a list without a name twice', names);
  }
}

function expect(field: string, holds: boolean, expected: string, value: unknown): void {
  if (!holds) throw new SpecError(field, expected, value);
}

function whole(value: number, least: number, most: number): boolean {
  return Number.isSafeInteger(value) && value >= least && value <= most;
}
