import type { Command } from '../arguments/command.ts';
import { counted } from '../view/format.ts';
import type { CommandContext } from './context.ts';
import { openCloud } from './open-cloud.ts';

/**
 * `down`: ends a fleet and looks that nothing is left. Of a local cloud nothing stays at all, unless its instances are
 * only stopped or another cluster lives in it.
 */
export async function down(command: Extract<Command, { name: 'down' }>, context: CommandContext): Promise<void> {
  const { settings, reporter, stop } = context;
  const { cluster } = command.fleet;
  if (command.fleet.cloud === 'local') {
    const { findLasting } = await import('../cloud/local.ts');
    const handle = await findLasting(settings.stateRoot);
    if (handle === undefined) {
      if (command.say.json) context.printJson({ cluster, instances: [], left: 0 });
      reporter.paragraph('No local cloud runs, so there is nothing to end.');
      return;
    }
  }
  const cloud = await openCloud(command.fleet, context);
  try {
    const { describeFleet, stopFleet, terminateFleet } = await import('@tessera/provisioner');
    const end = command.how === 'stop' ? stopFleet : terminateFleet;
    const { instanceIds } = await end(cloud.clients, cluster, { signal: stop.signal });
    const { instances } = await describeFleet(cloud.clients, cluster, { signal: stop.signal });
    const left = instances.filter(({ state }) => state !== 'terminated' && state !== 'stopped').length;
    if (command.say.json) context.printJson({ cluster, instances: instanceIds, left });
    const done = command.how === 'stop' ? 'Stopped' : 'Terminated';
    reporter.say(
      `${done} ${counted(instanceIds.length, 'instance')} of the fleet ${cluster}; ${left} of it still run.`,
    );
    if (command.fleet.cloud === 'local' && command.how === 'terminate') await endCloud(context);
  } finally {
    await cloud.close();
  }
}

async function endCloud({ settings, reporter }: CommandContext): Promise<void> {
  const { findLasting } = await import('../cloud/local.ts');
  const handle = await findLasting(settings.stateRoot);
  await handle?.stop();
  reporter.paragraph('The local cloud has ended; nothing of it is left.');
}
