/**
 * Plans of twelve products on fleets of 2 to 1024 workers: how they are cut, what they move, and how that compares with the
 * lower bound. Nothing is run, and no clock read: the same on every machine.
 *
 *     pnpm bench plans [--json PATH]
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { planJob } from '@tessera/master/plan';
import { formatShape } from '@tessera/protocol';
import { FLEETS, shapedJob, SHAPES } from '../../packages/master/test/plan/shapes.ts';
import { table } from './kernels/table.ts';

const { values } = parseArgs({ options: { json: { type: 'string' } } });

const plans = SHAPES.flatMap((shape) =>
  FLEETS.map((workers) => {
    const { summary, figures, phases } = planJob(shapedJob(shape, workers));
    const compute = phases.find(({ phase }) => phase === 'compute')!;
    const { movedBytes, lowerBoundBytes, bound, ratio, reason, seconds } = figures;
    const packages = { all: figures.packages, compute: compute.packages };
    return { ...shape, workers, blocks: summary, packages, movedBytes, lowerBoundBytes, bound, ratio, reason, seconds };
  }),
);

const rows = plans.map(({ m, k, n, dtype, mib, workers, blocks, packages, movedBytes, bound, ratio }) => [
  `${formatShape([m, k])} · ${formatShape([k, n])} ${dtype}, ${mib} MiB`,
  String(workers),
  blocks,
  String(packages.compute),
  (movedBytes / 1e9).toPrecision(3),
  ratio.toFixed(2),
  bound,
]);
process.stdout.write(`${table(['product', 'workers', 'blocks', 'packages', 'GB moved', 'ratio', 'bound'], rows)}\n\n`);
for (const { m, k, n, dtype, mib, workers, ratio, reason } of plans) {
  if (reason === undefined) continue;
  process.stdout.write(
    `${formatShape([m, k])} · ${formatShape([k, n])} ${dtype}, ${mib} MiB, ${workers} workers, ${ratio.toFixed(2)}: ${reason}\n`,
  );
}
if (values.json) writeFileSync(values.json, `${JSON.stringify(plans, undefined, 2)}\n`);
