import type { FleetOptions } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { CommandContext } from './context.ts';

/** The cloud that a job runs on. @param lasting whether a local cloud that has to be started stays */
export async function openCloud(options: FleetOptions, context: CommandContext, lasting = false): Promise<Cloud> {
  const { world, settings, stop, emergencies } = context;
  const cloud = await open();
  emergencies.push(() => cloud.kill());
  return cloud;

  async function open(): Promise<Cloud> {
    if (options.cloud === 'aws') {
      const { openAws } = await import('../cloud/aws.ts');
      return openAws(options.region);
    }
    const { openLasting, openLocal } = await import('../cloud/local.ts');
    const place = { stateRoot: settings.stateRoot, root: world.root, begun: world.begun };
    return lasting ? openLasting(place, stop.signal) : openLocal(place, stop.signal);
  }
}

/** The cloud that is there already: AWS, or the local one that `up` left running. Starts none. */
export async function findCloud(options: FleetOptions, context: CommandContext): Promise<Cloud | undefined> {
  if (options.cloud === 'aws') return openCloud(options, context);
  const { cloudOf, findLasting } = await import('../cloud/local.ts');
  const handle = await findLasting(context.settings.stateRoot);
  return handle && cloudOf(handle, false);
}
