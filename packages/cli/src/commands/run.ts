import { rmSync } from 'node:fs';
import { formatShape } from '@tessera/protocol';
import type { FleetOptions, RunCommand } from '../arguments/command.ts';
import type { Cloud } from '../cloud/cloud.ts';
import { UsageError } from '../errors.ts';
import { readOperand, spreadOperands } from '../input/operand.ts';
import { readOutput } from '../input/output.ts';
import { checkSpace, diskOf } from '../input/space.ts';
import { formulaText } from '../formula.ts';
import { makeRequest, mapOperands, spaceNeeds, type JobRequest } from '../job/request.ts';
import { summaryLines } from '../view/summary.ts';
import type { CommandContext } from './context.ts';
import { openCloud } from './open-cloud.ts';

/** `add`, `multiply` and the others: looks at everything first, then computes. */
export async function run(command: RunCommand, context: CommandContext): Promise<void> {
  const { world, reporter, style, stop } = context;
  const request = await readRequest(command, context);
  stop.signal.throwIfAborted();
  announce(request, context);

  // The cloud starts while the code that uses it is loaded.
  const beganAt = world.elapsed();
  reporter.waitFor(command.fleet.cloud === 'local' ? 'the local cloud starts' : 'connecting to AWS');
  reporter.start();
  const opening = openCloud(command.fleet, context);
  opening.catch(() => undefined);
  const { runJob } = await import('../job/run-job.ts');
  reporter.detail(`${mark(world)} input read, code loaded`);
  const cloud = await opening;
  reporter.detail(`${mark(world)} cloud ready`);
  reporter.waitFor(undefined);
  try {
    const { outcome, kernel } = await runJob({
      request,
      fleet: command.fleet,
      cwd: world.cwd,
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
    if (command.say.json) context.printJson(outcome);
    const width = world.stdout.isTTY ? world.stdout.columns() : Number.POSITIVE_INFINITY;
    for (const line of summaryLines(outcome, kernel, hintFor(command, cloud.ephemeral), width, style))
      reporter.say(line);
  } finally {
    reporter.settle();
    await cloud.close();
    reporter.detail(`${mark(world)} cloud closed`);
  }
}

function mark({ elapsed }: CommandContext['world']): string {
  return `${String(Math.round(elapsed())).padStart(6)} ms`;
}

/** @throws UsageError and what else is bad input, before anything is started. */
async function readRequest(command: RunCommand, context: CommandContext): Promise<JobRequest> {
  const { job, op, fleet } = command;
  const { cwd } = context.world;
  const [first, second] = spreadOperands(op, command.operands);
  const bucket = bucketReader(fleet, context);
  const A = await readOperand(cwd, first!, bucket);
  const operands = {
    A,
    ...(second === undefined ? {} : { B: await readOperand(cwd, second, bucket) }),
    ...(job.add === undefined ? {} : { C0: await readOperand(cwd, job.add, bucket) }),
  };
  await bucket.close();
  const out = job.out === undefined ? undefined : readOutput(cwd, job.out);
  const request = makeRequest(op, operands, job, out, Math.random);
  if (fleet.cloud === 'local') await checkSpace(spaceNeeds(request, cwd), diskOf);
  return request;
}

/** Looks into buckets for operands: a cloud that is there is asked, none is started for it. */
function bucketReader(fleet: FleetOptions, context: CommandContext) {
  let cloud: Cloud | undefined;
  return {
    async s3() {
      if (fleet.cloud === 'local') {
        const { findLasting } = await import('../cloud/local.ts');
        if ((await findLasting(context.settings.stateRoot)) === undefined) {
          throw new UsageError(
            's3:// operands are read from AWS (--cloud aws) or from a local cloud that stays (`up`)',
          );
        }
      }
      cloud ??= await openCloud(fleet, context);
      return cloud.clients.s3;
    },
    close: async () => cloud?.close(),
  };
}

function announce({ op, shapes, dtype, seed, options }: JobRequest, { reporter, style }: CommandContext): void {
  const { alpha, beta, transposeA, transposeB } = options;
  const formula = { op, alpha, beta, transposed: { A: transposeA, B: transposeB } };
  const from = seed === undefined ? '' : `, seed ${seed}`;
  const text = formulaText(formula, mapOperands(shapes, formatShape));
  reporter.paragraph(`${op} ${text}, ${dtype}${from}`, style.bold);
}

/** What to do next, for those who see this for the first time. */
function hintFor({ job, fleet }: RunCommand, ephemeral: boolean): string | undefined {
  if (fleet.cloud === 'aws')
    return 'The fleet stays for the next job and stops itself when unused; `down --cloud aws` ends it now.';
  if (job.out === undefined) return 'Next: --out C.npy or C.csv puts C where you want it; --help shows the rest.';
  return ephemeral ? 'Next: `up` keeps a fleet for many jobs; --help shows the rest.' : undefined;
}
