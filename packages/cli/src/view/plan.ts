import { formatPlan, type Plan } from '@tessera/master/plan';
import type { FleetSize } from '../job/fleet-size.ts';
import type { JobRequest } from '../job/request.ts';
import { jsonSeed } from '../job/outcome.ts';
import { counted } from './format.ts';
import { visibleLength } from './style.ts';
import { wrapWords } from './wrap.ts';

/** A plan as `--plan` prints it. */
export function planLines(plan: Plan, { shapes }: JobRequest, size: FleetSize, width: number): string[] {
  const memory = `${Math.round(size.memoryBytes / 2 ** 20)} MiB`;
  const fleet = `for ${counted(size.workers, 'worker')} of ${memory} and ${counted(size.threads, 'core')} each`;
  const lines = formatPlan({ ...plan, arrays: arraysOf(plan, shapes) }).split('\n');
  // A table is never wrapped: its columns are what it says.
  const wrapped = lines.flatMap((line) =>
    line.includes('  ') || visibleLength(line) <= width ? [line] : wrapWords(line, width),
  );
  return [fleet, ...wrapped, '', 'Nothing was started; the same call without --plan does it.'];
}

/** The same as one JSON document. */
export function planDocument(plan: Plan, { op, shapes, dtype, seed, options }: JobRequest, size: FleetSize) {
  const arrays = Object.entries(arraysOf(plan, shapes)).map(([name, { shape, dtype, chunk }]) => [
    name,
    { shape, dtype, chunk },
  ]);
  return {
    op,
    shapes,
    dtype,
    seed: jsonSeed(seed),
    kernel: options.kernel,
    fleet: { workers: size.workers, memoryBytes: size.memoryBytes, cores: size.threads },
    summary: plan.summary,
    arrays: Object.fromEntries(arrays) as Record<string, unknown>,
    phases: plan.phases.map(({ phase, packages, cost }) => ({ phase, packages, ...cost })),
    ...plan.figures,
  };
}

/** Arrays that a person knows of: where the operation has one operand, the plan's B is A again. */
function arraysOf({ arrays }: Plan, shapes: JobRequest['shapes']): Plan['arrays'] {
  return Object.fromEntries(Object.entries(arrays).filter(([name]) => name !== 'B' || shapes.B !== undefined));
}
