import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { Command } from '../arguments/command.ts';
import { localCloudScript } from '../cloud/local-script.ts';
import { programFolder } from '../cloud/programs.ts';
import { UnavailableError } from '../errors.ts';
import { formatBytes } from '../view/format.ts';
import type { CommandContext } from './context.ts';

/** One thing that was looked at. */
interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** Not here, which is no fault. */
  readonly missing?: boolean;
  readonly found: string;
}

/** `doctor`: what works here and what to do about the rest. */
export async function doctor(command: Extract<Command, { name: 'doctor' }>, context: CommandContext): Promise<void> {
  const { reporter, style, world } = context;
  const installed = [node(), machine(), ...programs(world.root)];
  const findings = [...installed, ...(await kernels(context)), await cloud(command, context)];
  if (command.say.json) context.printJson({ ok: findings.every(({ ok }) => ok), findings });
  for (const { name, ok, missing, found } of findings) {
    const mark = ok ? style.good(style.symbols.done) : style.bad(style.symbols.failed);
    reporter.say(`${missing ? style.dim('-') : mark} ${name.padEnd(14)}${found}`);
  }
  const broken = findings.filter(({ ok }) => !ok);
  if (broken.length > 0) throw new UnavailableError(`${broken.map(({ name }) => name).join(', ')}: see above`);
}

function node(): Finding {
  const { node } = process.versions;
  const ok = Number(node.split('.')[0]) >= 24;
  return { name: 'Node', ok, found: ok ? node : `${node}, but 24 is needed; \`pnpm install\` brings it` };
}

function machine(): Finding {
  const memory = formatBytes(process.availableMemory());
  return { name: 'machine', ok: true, found: `${availableParallelism()} cores, ${memory} of memory free` };
}

function programs(root: string): Finding[] {
  const files = [
    ['worker', `${programFolder(root, 'worker')}/worker.mjs`],
    ['master', `${programFolder(root, 'master')}/master.mjs`],
    ['local cloud', localCloudScript(root)],
  ] as const;
  return files.map(([name, path]) => {
    const ok = existsSync(path);
    return { name, ok, found: ok ? path : `${path} is missing; \`pnpm build\` makes it` };
  });
}

/** Kernels differ by machine and none but the plain one is needed, so one that is missing is no fault. */
async function kernels({ world, stop }: CommandContext): Promise<Finding[]> {
  const { diagnoseKernels, kernelText } = await import('./kernels.ts');
  const found = (await diagnoseKernels(world.root, stop.signal)) ?? [];
  return found.map((kernel) => ({
    name: `kernel ${kernel.kernel}`,
    ok: true,
    missing: !kernel.available,
    found: kernelText(kernel),
  }));
}

async function cloud(
  { fleet }: Extract<Command, { name: 'doctor' }>,
  { settings, stop }: CommandContext,
): Promise<Finding> {
  if (fleet.cloud === 'local') {
    const { findLasting } = await import('../cloud/local.ts');
    const running = await findLasting(settings.stateRoot);
    const found = running === undefined ? 'none stays; each job starts its own' : `runs at ${running.endpoint}`;
    return { name: 'cloud', ok: true, found };
  }
  const { openAws } = await import('../cloud/aws.ts');
  const { describeFleet, explainAwsError } = await import('@tessera/provisioner');
  const aws = await openAws(fleet.region);
  try {
    const { instances } = await describeFleet(aws.clients, fleet.cluster, { signal: stop.signal });
    return {
      name: 'cloud',
      ok: true,
      found: `AWS answers; the fleet ${fleet.cluster} has ${instances.length} instances`,
    };
  } catch (error) {
    return { name: 'cloud', ok: false, found: explainAwsError(error).message };
  } finally {
    await aws.close();
  }
}
