import { provisionFleet } from '@tessera/provisioner';
import type { Command } from '../arguments/command.ts';
import { fleetSpec, wantedWorkers } from '../cloud/fleet.ts';
import { counted, formatSeconds } from '../view/format.ts';
import type { CommandContext } from './context.ts';
import { openCloud } from './open-cloud.ts';

/** `up`: a fleet that stays. Called again it finds everything, called after a broken set-up it completes it. */
export async function up(command: Extract<Command, { name: 'up' }>, context: CommandContext): Promise<void> {
  const { world, reporter, stop } = context;
  const beganAt = world.elapsed();
  const cloud = await openCloud(command.fleet, context, true);
  try {
    reporter.start();
    const workers = await wantedWorkers(cloud, command.fleet, false, stop.signal);
    const spec = await fleetSpec(cloud.kind, command.fleet, world.root, { workers, kernel: undefined });
    const fleet = await provisionFleet(cloud.clients, spec, {
      signal: stop.signal,
      onStep: (step) => reporter.step(step),
    });
    reporter.settle();
    if (command.say.json) {
      const { cluster, master, workers, bucket, steps } = fleet;
      context.printJson({
        cluster,
        master: master.id,
        workers: workers.map(({ id }) => id),
        bucket,
        steps: steps.map(({ resource, outcome, seconds, detail }) => ({ resource, outcome, seconds, detail })),
        seconds: world.elapsed() / 1000,
      });
    }
    reporter.paragraph(
      `The fleet ${fleet.cluster} is up: a master and ${counted(fleet.workers.length, 'worker')}, ` +
        `in ${formatSeconds((world.elapsed() - beganAt) / 1000)}. Jobs use it from now on; \`down\` ends it.`,
    );
  } catch (error) {
    reporter.settle();
    reporter.paragraph('What is there of the fleet stays: `up` completes it, `down --terminate` ends it.');
    throw error;
  } finally {
    reporter.settle();
    await cloud.close();
  }
}
