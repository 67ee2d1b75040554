import { planJob, type Plan } from '@tessera/master/plan';
import { formatShape, newJobId } from '@tessera/protocol';
import type { RunCommand } from '../arguments/command.ts';
import { foreseeFleet } from '../cloud/fleet.ts';
import { formulaText } from '../formula.ts';
import { readOperand, spreadOperands } from '../input/operand.ts';
import { checkBucket, readOutput } from '../input/output.ts';
import { checkSpace, diskOf } from '../input/space.ts';
import { isTiny } from '../job/fleet-size.ts';
import { foreseenSpec, newJob } from '../job/new-job.ts';
import { makeRequest, mapOperands, OPERAND_NAMES, spaceNeeds, type JobRequest } from '../job/request.ts';
import { planDocument, planLines } from '../view/plan.ts';
import { bucketReader } from './bucket-reader.ts';
import type { CommandContext } from './context.ts';
import { findCloud } from './open-cloud.ts';
import { perform } from './perform.ts';

/** `add`, `multiply` and the others: looks at everything and plans it first, then computes. */
export async function run(command: RunCommand, context: CommandContext): Promise<void> {
  const { world, stop } = context;
  const { fleet, job, op } = command;
  const request = await readRequest(command, context);
  stop.signal.throwIfAborted();
  // Only what is there already is asked; nothing is set up until the plan stands.
  const cloud = await findCloud(fleet, context);
  try {
    const needs = { tiny: isTiny(op, request.shapes), memoryBytes: job.memoryBytes };
    const size = await foreseeFleet(cloud, fleet, needs, stop.signal);
    const id = newJobId(Date.now(), Math.random);
    const facts = { request, id, cluster: fleet.cluster, cloud: fleet.cloud, cwd: world.cwd, size };
    const spec = foreseenSpec(facts);
    const plan = planJob(spec);
    if (command.plan) return showPlan(plan, request, size, command, context);
    if (fleet.cloud === 'local') await checkSpace(spaceNeeds(request, world.cwd, bytesBetween(plan)), diskOf);
    announce(request, context);
    const hint = (ephemeral: boolean) => hintFor(command, ephemeral);
    await perform(
      (opened) => newJob(facts, () => ({ s3: () => opened().clients.s3 }), stop.signal),
      { fleet, say: command.say, cloud, hint },
      context,
    );
  } finally {
    await cloud?.close();
  }
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
  const out = job.out === undefined ? undefined : readOutput(cwd, job.out);
  if (out?.folder === null) await checkBucket(out, bucket);
  await bucket.close();
  return makeRequest(op, operands, job, out, Math.random);
}

/** Bytes that a plan stores besides operands and result: partial products, projections. */
function bytesBetween({ arrays, created }: Plan): number {
  const known: readonly string[] = [...OPERAND_NAMES, 'C'];
  return created
    .filter((name) => !known.includes(name))
    .reduce((sum, name) => {
      const { shape, dtype } = arrays[name]!;
      return sum + shape[0] * shape[1] * (dtype === 'float32' ? 4 : 8);
    }, 0);
}

/** `--plan`: what would be done. */
function showPlan(
  plan: Plan,
  request: JobRequest,
  size: Parameters<typeof planDocument>[2],
  { say }: RunCommand,
  context: CommandContext,
): void {
  const { reporter, world } = context;
  if (say.json) return context.printJson(planDocument(plan, request, size));
  announce(request, context);
  const width = world.stdout.isTTY ? world.stdout.columns() : Number.POSITIVE_INFINITY;
  for (const line of planLines(plan, request, size, width)) reporter.say(line);
}

function announce({ op, shapes, dtype, seed, options }: JobRequest, { reporter, style }: CommandContext): void {
  const { alpha, beta, transposeA, transposeB } = options;
  const formula = { op, alpha, beta, transposed: { A: transposeA, B: transposeB } };
  const from = seed === undefined ? '' : `, seed ${seed}`;
  const text = formulaText(formula, mapOperands(shapes, formatShape));
  reporter.paragraph(`${op} ${text}, ${dtype}${from}`, style.bold);
}

function hintFor({ job, fleet }: RunCommand, ephemeral: boolean): string | undefined {
  if (fleet.cloud === 'aws')
    return 'The fleet stays for the next job and stops itself when unused; `down --cloud aws` ends it now.';
  if (job.out === undefined) return 'Next: --out C.npy or C.csv puts C where you want it; --help shows the rest.';
  return ephemeral ? 'Next: `up` keeps a fleet for many jobs; --help shows the rest.' : undefined;
}
