import { parseArgs } from 'node:util';
import { C7I_2XLARGE } from './parameters.ts';
import { scale } from './scale.ts';

/** `node test/sim/scale/main.ts --n 262144 --workers 8,64,512,1024`: what such fleets would make of such a product. */
const { values } = parseArgs({
  options: { n: { type: 'string', default: '262144' }, workers: { type: 'string', default: '8,64,512,1024' } },
});
const print = (line: string) => process.stdout.write(`${line}\n`);
const n = Number(values.n);
const parameters = C7I_2XLARGE;
print(`multiply ${n}x${n} ${n}x${n} float64 on ${parameters.instance}, ${parameters.flopsPerSecond / 1e9} GFLOPS each`);
for (const workers of values.workers.split(',').map(Number)) {
  const startedAt = performance.now();
  const answer = await scale(n, workers, parameters);
  const { seconds, efficiency, store, master } = answer;
  const phases = Object.entries(seconds).map(([phase, time]) => `${phase} ${time.toFixed(0)} s`);
  print(`\n${workers} workers: ${answer.plan}`);
  print(`  ${answer.report.status} ${answer.report.error?.message ?? ''}; ${phases.join(', ')}`);
  print(
    `  efficiency ${(100 * efficiency.compute).toFixed(0)} % while computing, ${(100 * efficiency.job).toFixed(0)} % over all; ` +
      `slowest package ${answer.slowestPackageSeconds.toFixed(0)} s`,
  );
  print(
    `  store: ${(store.gets / seconds['total']!).toFixed(0)} GET/s and ${(store.puts / seconds['total']!).toFixed(0)} PUT/s on average, ` +
      `the busiest prefix at its limit ${(100 * store.busiestShare).toFixed(0)} % of the time`,
  );
  print(
    `  master: ${answer.packages} packages, ${answer.report.retries} sent again, ${master.peakPerSecond} messages in its busiest second, ` +
      `busy ${(100 * master.busyShare).toFixed(1)} % of the time`,
  );
  print(`  (${((performance.now() - startedAt) / 1000).toFixed(1)} s to find out)`);
}
