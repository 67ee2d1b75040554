import type { Command } from '../arguments/command.ts';
import type { CommandContext } from './context.ts';
import { openCloud } from './open-cloud.ts';

/** `status`: what there is of a fleet now. Looks, starts nothing. */
export async function status(command: Extract<Command, { name: 'status' }>, context: CommandContext): Promise<void> {
  const { settings, reporter, stop, style } = context;
  const { cluster } = command.fleet;
  if (command.fleet.cloud === 'local') {
    const { findLasting } = await import('../cloud/local.ts');
    if ((await findLasting(settings.stateRoot)) === undefined) {
      if (command.say.json) context.printJson({ cluster, running: false, instances: [], queues: [], commands: [] });
      reporter.paragraph('No fleet is up on this machine; `up` starts one, and jobs start their own if there is none.');
      return;
    }
  }
  const cloud = await openCloud(command.fleet, context);
  try {
    const { describeFleet } = await import('@tessera/provisioner');
    const fleet = await describeFleet(cloud.clients, cluster, { signal: stop.signal });
    if (command.say.json) context.printJson({ ...fleet, running: fleet.instances.some((i) => i.state === 'running') });
    reporter.say(style.bold(`fleet ${cluster}${fleet.bucket === undefined ? '' : `, bucket ${fleet.bucket}`}`));
    if (fleet.instances.length === 0) reporter.say('  no instances');
    for (const { id, role, state, type, online } of fleet.instances) {
      const does = fleet.commands.filter((command) => command.instanceId === id);
      const jobs = does.filter(({ program }) => program === 'master').map(({ subject }) => subject);
      const work = jobs.length > 0 ? `job ${jobs.join(', ')}` : does.length > 0 ? 'worker runs' : 'idle';
      reporter.say(
        `  ${role.padEnd(7)} ${id}  ${type.padEnd(10)} ${state.padEnd(8)} ${online ? 'online' : 'offline'}  ${work}`,
      );
    }
    for (const { name, waiting, inFlight } of fleet.queues) {
      reporter.say(`  queue   ${name}: ${waiting} waiting, ${inFlight} at workers`);
    }
  } finally {
    await cloud.close();
  }
}
