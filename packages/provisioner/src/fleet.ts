import type { ClusterName } from '@tessera/protocol';
import { ensureBucket } from './bucket.ts';
import { type Bundle, bundleOf } from './bundles/bundle.ts';
import { uploadArtifacts } from './bundles/upload.ts';
import type { Clients } from './clients.ts';
import { startWorkers } from './commands/start-workers.ts';
import { checkFleetSpec, type FleetSpec } from './fleet-spec.ts';
import { type Ensured, ensureInstances } from './instances/ensure.ts';
import { findInstances } from './instances/find.ts';
import type { InstanceInfo, Role } from './instances/instance.ts';
import { waitUntilOnline } from './instances/online.ts';
import { type EnsuredQueues, ensureQueues } from './queues.ts';
import { type Step, type StepEnd, stepRecorder } from './step.ts';
import { together } from './together.ts';
import { type World, worldOf } from './world.ts';

/** A fleet that is up. */
export interface Fleet {
  readonly cluster: ClusterName;
  readonly master: InstanceInfo;
  /** All that run, which may be more than were asked for. */
  readonly workers: readonly InstanceInfo[];
  readonly bucket: string;
  readonly jobQueueUrl: string;
  /** What instances run; `startMaster` installs `master`. */
  readonly bundles: { readonly worker: Bundle; readonly master: Bundle };
  readonly timeToLiveMinutes?: number | undefined;
  /** How each part of the set-up ended, in the order in which they ended. */
  readonly steps: readonly Step[];
  /** The commands under which the workers run. */
  readonly workerCommandIds: readonly string[];
}

/** The world, and who wants to hear of the steps. */
export interface ProvisionOptions extends Partial<World> {
  readonly onStep?: ((step: Step) => void) | undefined;
}

/**
 * Brings a fleet up: finds what is there, starts what is stopped, makes what is missing, installs the programs and
 * starts the workers. Called again it finds everything. Called after a set-up that broke off, it completes it.
 * @throws SpecError before anything is started; DeadlineError, InstanceLostError, AwsError with the set-up so far left
 *   as it is; the signal's reason
 */
export async function provisionFleet(clients: Clients, spec: FleetSpec, options: ProvisionOptions): Promise<Fleet> {
  checkFleetSpec(spec);
  const world = worldOf(options);
  const { steps, step } = stepRecorder(world.clock, options.onStep ?? (() => undefined));
  const { cluster } = spec;
  const bundles = { worker: bundleOf(spec.artifacts.worker), master: bundleOf(spec.artifacts.master) };

  const storage = async (world: World) => {
    const { bucket, outcome, settled } = await step('bucket', `bucket tessera-${cluster}-…`, async () => {
      const found = await ensureBucket(clients.s3, world, cluster);
      return { ...found, detail: found.bucket };
    });
    const upload = (world: World) =>
      step('bundles', 'programs for master and workers', async () => {
        const artifacts = [...spec.artifacts.worker, ...spec.artifacts.master];
        const uploaded = await uploadArtifacts(clients.s3, world, bucket, artifacts, outcome === 'created');
        return uploaded.length === 0
          ? { outcome: 'found', detail: `${artifacts.length} files` }
          : { outcome: 'uploaded', detail: uploaded.join(', ') };
      });
    await together<[void, StepEnd]>(world, (world) => [settled, upload(world)]);
    return bucket;
  };
  const queues = (world: World) =>
    step('queues', 'job queue and dead-letter queue', () => ensureQueues(clients, world, cluster));
  const machines = async (world: World) => {
    const known = await findInstances(clients.ec2, world, cluster);
    const ensure = (role: Role, count: number) => ensureInstances(clients, world, spec, role, count, known);
    const [{ instances: masters }, { instances: workers }] = await together<[Ensured, Ensured]>(world, () => [
      step('master', `one ${spec.masterType}`, () => ensure('Master', 1)),
      step('workers', `${spec.workers} ${spec.workerType}`, () => ensure('Worker', spec.workers)),
    ]);
    const ids = [...masters, ...workers].map(({ id }) => id);
    await step('online', `${ids.length} instances to take commands`, async () => {
      await waitUntilOnline(clients.ssm, world, ids);
      return { outcome: 'online', detail: `${ids.length} instances` };
    });
    const ranBefore = new Set(known.filter(({ state }) => state === 'running').map(({ id }) => id));
    return { master: masters[0]!, workers, fresh: workers.map(({ id }) => id).filter((id) => !ranBefore.has(id)) };
  };

  type Machines = Awaited<ReturnType<typeof machines>>;
  const [bucket, { jobQueueUrl }, { master, workers, fresh }] = await together<[string, EnsuredQueues, Machines]>(
    world,
    (world) => [storage(world), queues(world), machines(world)],
  );
  const { commandIds } = await step('start', `worker program on ${workers.length} instances`, async () => {
    const { worker: settings, timeToLiveMinutes } = spec;
    const instanceIds = workers.map(({ id }) => id);
    const start = { cluster, bucket, bundle: bundles.worker, settings, timeToLiveMinutes, instanceIds };
    const result = await startWorkers(clients, world, start, fresh);
    const happened = (['found', 'refreshed', 'started'] as const).filter((name) => result[name].length > 0);
    const detail = happened.map((name) => `${result[name].length} ${name}`).join(', ');
    return { commandIds: result.commandIds, outcome: happened.length === 1 ? happened[0]! : 'mixed', detail };
  });
  return {
    cluster,
    master,
    workers,
    bucket,
    jobQueueUrl,
    bundles,
    timeToLiveMinutes: spec.timeToLiveMinutes,
    steps,
    workerCommandIds: commandIds,
  };
}
