import { rmSync } from 'node:fs';
import type { FleetOptions, SayOptions } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import type { Job } from '../job/job.ts';
import { summaryLines } from '../view/summary.ts';
import type { CommandContext } from './context.ts';
import { openCloud } from './open-cloud.ts';

/** How a job is to be performed. */
export interface Performance {
  readonly fleet: FleetOptions;
  readonly say: SayOptions;
  /** The cloud that is there; where there is none, one is started. */
  readonly cloud: Cloud | undefined;
  /** What to do next, for those who see this for the first time. */
  hint(ephemeral: boolean): string | undefined;
}

/** Does a job and tells how it goes. `makeJob` is given the cloud once it is there. */
export async function perform(
  makeJob: (cloud: () => Cloud) => Job,
  { fleet, say, cloud: found, hint }: Performance,
  context: CommandContext,
): Promise<void> {
  const { world, reporter, style, stop } = context;
  stop.signal.throwIfAborted();
  const beganAt = world.elapsed();
  reporter.waitFor(fleet.cloud === 'local' ? 'the local cloud starts' : 'connecting to AWS');
  reporter.start();
  // The cloud starts while the code that uses it is loaded.
  const opening = found === undefined ? openCloud(fleet, context) : Promise.resolve(found);
  opening.catch(() => undefined);
  const { runJob } = await import('../job/run-job.ts');
  reporter.detail(`${mark(world)} code loaded`);
  const cloud = await opening;
  reporter.detail(`${mark(world)} cloud ready`);
  reporter.waitFor(undefined);
  try {
    const { outcome, kernel, asked } = await runJob({
      job: makeJob(() => cloud),
      fleet,
      root: world.root,
      cloud,
      reporter,
      signal: stop.signal,
      elapsed: world.elapsed,
      beganAt,
      onPartials: (paths) =>
        context.emergencies.push(() => {
          for (const path of paths) rmSync(path, { recursive: true, force: true });
        }),
    });
    reporter.settle();
    if (say.json) context.printJson(outcome);
    const width = world.stdout.isTTY ? world.stdout.columns() : Number.POSITIVE_INFINITY;
    const facts = { kernel, asked, hint: hint(cloud.ephemeral), buildSeconds: world.loadedAfter / 1000 };
    for (const line of summaryLines(outcome, facts, width, style)) reporter.say(line);
  } finally {
    reporter.settle();
    await cloud.close();
    reporter.detail(`${mark(world)} cloud closed`);
  }
}

function mark({ elapsed }: CommandContext['world']): string {
  return `${String(Math.round(elapsed())).padStart(6)} ms`;
}
