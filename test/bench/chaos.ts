/**
 * Random faults on real processes: each run is one command with a cloud, a master and workers of its own, and up to three
 * things that go wrong at random moments. Right answers are known to the last bit. Ends with exit code 1 if a run was
 * wrong, hung, gave no reason or left something behind. `--table` plays the table of test/chaos instead, all of it.
 *
 *     pnpm bench chaos [--runs 100] [--seed 1] [--at-once 2] [--table] [--json PATH]
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { limit } from '../chaos/limit.ts';
import { randomScenario } from '../chaos/random-scenario.ts';
import { canLook } from '../chaos/run/processes.ts';
import { FORBIDDEN, type Outcome } from '../chaos/run/verdict.ts';
import { play, type Played } from '../chaos/scenario.ts';
import { playRow, rows } from '../chaos/table.ts';
import { table } from './kernels/table.ts';

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '100' },
    seed: { type: 'string', default: '1' },
    'at-once': { type: 'string', default: '2' },
    table: { type: 'boolean', default: false },
    json: { type: 'string' },
  },
});
const print = (text: string) => process.stdout.write(`${text}\n`);
if (!canLook) {
  print('skipped: processes are found in /proc, which this system does not have');
  process.exit(0);
}

interface Run {
  readonly seed: number;
  readonly names: readonly string[];
  readonly job: string;
  readonly expected?: Outcome;
  readonly played: Played;
}

const first = Number(values.seed);
const inTurn = limit(Number(values['at-once']));
const startedAt = performance.now();
const plays: (() => Promise<Run>)[] = values.table
  ? rows.map((row, index) => async () => {
      const seed = first + index;
      const played = await playRow(row, seed);
      return { seed, names: [row.what], job: 'small product', expected: row.ends, played };
    })
  : Array.from({ length: Number(values.runs) }, (_, index) => async () => {
      const seed = first + index;
      const scenario = randomScenario(seed);
      const played = await play(scenario);
      // What came after the end of the job troubled nobody. Poison lies in wait from the beginning.
      const names = scenario.names.filter((_, index) => played.hit[index] ?? true);
      return { seed, names, job: scenario.job.name, played };
    });

const runs = await Promise.all(
  plays.map((run) =>
    inTurn(async () => {
      const done = await run();
      const { outcome, detail, ended, done: what } = done.played;
      const line = [
        done.seed,
        `${ended.seconds.toFixed(1)} s`,
        outcome,
        done.job,
        done.names.join(' + ') || 'nothing in time',
      ].join('  ');
      print(outcome === 'verified' ? line : `${line}\n    ${what.join('; ')}\n    ${detail}`);
      return done;
    }),
  ),
);

const count = (matches: (run: Run) => boolean) => runs.filter(matches).length;
const outcomes = [...new Set(runs.map(({ played }) => played.outcome))].sort();
const names = [...new Set(runs.flatMap(({ names }) => names))].sort();
print(
  `\n${runs.length} runs in ${Math.round((performance.now() - startedAt) / 1000)} s, ${cpus().length} cores, Node ${process.version}\n`,
);
print(
  table(
    ['fault (runs may have several)', ...outcomes, 'runs'],
    [...names, 'all'].map((name) => {
      const has = (run: Run) => name === 'all' || run.names.includes(name);
      const cells = outcomes.map((outcome) => String(count((run) => has(run) && run.played.outcome === outcome)));
      return [name, ...cells, String(count(has))];
    }),
  ),
);
const seconds = runs.map(({ played }) => played.ended.seconds).sort((a, b) => a - b);
const summary = {
  runs: runs.length,
  seed: first,
  outcomes: Object.fromEntries(outcomes.map((outcome) => [outcome, count(({ played }) => played.outcome === outcome)])),
  wrongResults: count(({ played }) => played.outcome === 'wrong'),
  hangs: count(({ played }) => played.outcome === 'hung'),
  runsThatLeftSomething: count(({ played }) => played.outcome === 'left something'),
  withoutReason: count(({ played }) => played.outcome === 'failed without a reason'),
  unexpected: count(({ expected, played }) => expected !== undefined && played.outcome !== expected),
  requestsDisturbed: runs.reduce((sum, { played: { ended } }) => {
    const { pass: _, ...others } = ended.requests;
    return sum + Object.values(others).reduce((total, number) => total + number, 0);
  }, 0),
  seconds: { median: seconds[seconds.length >> 1], longest: seconds.at(-1) },
};
print(
  `\nwrong results ${summary.wrongResults}, hangs ${summary.hangs}, runs that left processes or folders ${summary.runsThatLeftSomething}, ` +
    `failures without a reason ${summary.withoutReason}${values.table ? `, unexpected ${summary.unexpected}` : ''}`,
);
const facts = runs.map(({ seed, names, job, played: { outcome, detail, done, ended } }) => {
  return { seed, job, faults: names, done, outcome, detail, seconds: ended.seconds };
});
const json = JSON.stringify({ benchmark: 'chaos', summary, runs: facts }, null, 2);
if (values.json === undefined) print(`\n${JSON.stringify(summary, null, 2)}`);
else writeFileSync(values.json, `${json}\n`);
process.exit(runs.some(({ played }) => FORBIDDEN.includes(played.outcome)) || summary.unexpected > 0 ? 1 : 0);
