import { parseArgs } from 'node:util';
import { formatSummary, Summary } from './summary.ts';
import { simulate } from './simulate.ts';

/**
 * `pnpm sim --runs N --seed S` simulates seeds S to S+N-1; `--seed S --trace` shows one of them call by call.
 * Exit code 1 when any run broke a rule.
 */
const { values } = parseArgs({
  options: {
    runs: { type: 'string' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
  },
});
const first = Number(values.seed);
const runs = Number(values.runs ?? (values.trace ? 1 : 1000));
if (!Number.isSafeInteger(first) || !Number.isSafeInteger(runs) || runs < 1) {
  process.stderr.write(`--runs and --seed are whole numbers, but ${values.runs} and ${values.seed} were given\n`);
  process.exit(2);
}
const print = (line: string) => process.stdout.write(`${line}\n`);
const trace = values.trace
  ? (at: number, who: string, what: string) => print(`${(at / 1000).toFixed(3).padStart(10)} ${who.padEnd(10)} ${what}`)
  : undefined;
// Thousands of injected errors: nobody reads where they were made.
if (!values.trace) Error.stackTraceLimit = 0;
// Ctrl-C ends with what the runs so far came to.
const stop = new AbortController();
process.once('SIGINT', () => stop.abort());
const summary = new Summary();
const startedAt = performance.now();
for (let seed = first; seed < first + runs && !stop.signal.aborted; seed++) {
  const outcome = await simulate(seed, { trace });
  summary.add(outcome);
  for (const violation of outcome.violations) print(`seed ${seed}: ${violation}`);
  if (outcome.violations.length > 0) print(`  replay: pnpm sim --seed ${seed} --trace`);
}
print(formatSummary(summary, (performance.now() - startedAt) / 1000));
process.exitCode = summary.failing.length > 0 ? 1 : stop.signal.aborted ? 130 : 0;
