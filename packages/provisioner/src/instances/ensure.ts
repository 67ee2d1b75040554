import type { Clients } from '../clients.ts';
import { InstanceLostError } from '../errors.ts';
import type { FleetSpec } from '../fleet-spec.ts';
import { callAws } from '../retry.ts';
import { tally, waitFor } from '../wait.ts';
import type { World } from '../world.ts';
import { describeInstances } from './find.ts';
import type { InstanceInfo, Role } from './instance.ts';
import { launchInstances } from './launch.ts';

/** What happened to a resource: it was there, was started, was made; `mixed` where its parts differ. */
export type Outcome = 'found' | 'started' | 'created' | 'mixed';

/** The instances of one role, running, and what it took. */
export interface Ensured {
  readonly outcome: Outcome;
  readonly detail: string;
  readonly instances: readonly InstanceInfo[];
}

/** An instance that is being stopped must be stopped before it can be started. */
const STOPPING_MS = 600_000;
const RUNNING_MS = 300_000;

/**
 * Brings `count` instances of a role to `running`: those that run, then stopped ones, then new ones. More that run are
 * left and returned too.
 * @param known every instance of the fleet that is not terminated
 * @throws DeadlineError, InstanceLostError, AwsError
 */
export async function ensureInstances(
  clients: Clients,
  world: World,
  spec: FleetSpec,
  role: Role,
  count: number,
  known: readonly InstanceInfo[],
): Promise<Ensured> {
  const use = planInstances(known, role, count);
  const [, created] = await Promise.all([
    startInstances(clients, world, use.start),
    use.create === 0 ? [] : launchInstances(clients, world, spec, role, use.create),
  ]);
  const all = [...use.running, ...use.start, ...created];
  const instances = all.every(({ state }) => state === 'running')
    ? all
    : await waitUntilRunning(
        clients,
        world,
        all.map(({ id }) => id),
      );
  const outcomes: [Outcome, number][] = [
    ['found', use.running.length],
    ['started', use.start.length],
    ['created', created.length],
  ];
  const happened = outcomes.filter(([, number]) => number > 0);
  return {
    outcome: happened.length === 1 ? happened[0]![0] : 'mixed',
    detail: happened.map(([outcome, number]) => `${number} ${outcome}`).join(', '),
    instances,
  };
}

/** Which instances to use. Pure. Of those to start, the stopped ones come before those still stopping. */
export function planInstances(
  known: readonly InstanceInfo[],
  role: Role,
  count: number,
): { running: InstanceInfo[]; start: InstanceInfo[]; create: number } {
  const of = (...states: string[]) => known.filter((info) => info.role === role && states.includes(info.state));
  const running = of('running', 'pending');
  const start = [...of('stopped'), ...of('stopping')].slice(0, Math.max(0, count - running.length));
  return { running, start, create: Math.max(0, count - running.length - start.length) };
}

async function startInstances(clients: Clients, world: World, instances: readonly InstanceInfo[]): Promise<void> {
  const start = async (ids: readonly string[]) => {
    if (ids.length === 0) return;
    const { StartInstancesCommand } = await import('../aws/ec2.ts');
    const command = new StartInstancesCommand({ InstanceIds: [...ids] });
    await callAws(world, (send) => clients.ec2.send(command, send));
  };
  const idsIn = (state: string) => instances.filter((info) => info.state === state).map(({ id }) => id);
  const stopping = idsIn('stopping');
  await Promise.all([
    start(idsIn('stopped')),
    stopping.length > 0 && waitUntilStopped(clients, world, stopping).then(() => start(stopping)),
  ]);
}

async function waitUntilStopped({ ec2 }: Clients, world: World, ids: readonly string[]): Promise<void> {
  await waitFor(
    world,
    'stopping instances to be stopped, to start them again',
    { deadlineMs: STOPPING_MS },
    async () => {
      const infos = await describeInstances(ec2, world, ids);
      const late = infos.filter(({ state }) => state !== 'stopped');
      if (late.length === 0 && infos.length === ids.length) return { done: undefined };
      return { state: tally(infos.map(({ state }) => state)), ids: late.map(({ id }) => id) };
    },
  );
}

async function waitUntilRunning({ ec2 }: Clients, world: World, ids: readonly string[]): Promise<InstanceInfo[]> {
  return waitFor(world, 'instances to run', { deadlineMs: RUNNING_MS }, async () => {
    const infos = await describeInstances(ec2, world, ids);
    const lost = infos.find(({ state }) => state === 'terminated' || state === 'shutting-down');
    if (lost !== undefined) throw new InstanceLostError(lost.id, lost.state, lost.reason);
    const running = new Set(infos.filter(({ state }) => state === 'running').map(({ id }) => id));
    if (running.size === ids.length) return { done: infos };
    return { state: tally(infos.map(({ state }) => state)), ids: ids.filter((id) => !running.has(id)) };
  });
}
