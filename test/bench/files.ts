/**
 * Files in, files out, beside numpy in the same rounds: multiply 4000x4000 and add 8000x8000, float64, `.npy` to `.npy`.
 * `total` is the whole command from the start of the process, fleet included; `job` is what the master did. `up` is the
 * whole command, and `up job` its master's part, on a fleet that was there before (`tessera up`).
 *
 *     pnpm bench files [--rounds 5] [--scale 1] [--json PATH]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    scale: { type: 'string', default: '1' },
    json: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
const program = join(import.meta.dirname, '../../packages/cli/dist/cli.mjs');
const print = (text: string) => process.stdout.write(`${text}\n`);

/** numpy picks its own kernels: what was set for another BLAS would slow it. */
const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...plain } = process.env;

function seconds(command: string, args: string[], env: NodeJS.ProcessEnv): { seconds: number; stdout: string } {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ended with ${status}: ${stderr}`);
  return { seconds: (performance.now() - startedAt) / 1000, stdout };
}

function python(text: string): number {
  return seconds('python3', ['-c', `import numpy as np\n${text}`], plain).seconds;
}

interface Row {
  name: string;
  numpy: number[];
  total: number[];
  job: number[];
  up: number[];
  upJob: number[];
}

const STATISTICS = ['numpy', 'total', 'job', 'up', 'upJob'] as const;
type Statistic = (typeof STATISTICS)[number];

const size = (n: number) => Math.max(1, Math.round(n * Number(values.scale)));
const cases = [
  { name: 'multiply', n: size(4000), sign: '@' },
  { name: 'add', n: size(8000), sign: '+' },
];

try {
  const rows: Row[] = cases.map(({ name, n }) => ({
    name: `${name} ${n}x${n}`,
    numpy: [],
    total: [],
    job: [],
    up: [],
    upJob: [],
  }));
  for (const { name, n } of cases) {
    python(`r = np.random.default_rng(1)\nfor f in 'AB': np.save('${name}-' + f + '.npy', r.random((${n}, ${n})))`);
  }
  // pnpm has set INIT_CWD to where the benchmark was called from.
  const home = (name: string) => ({ ...process.env, INIT_CWD: folder, TESSERA_HOME: join(folder, name) });
  const cold = home('cold');
  const warm = home('warm');
  const tessera = (env: NodeJS.ProcessEnv, ...args: string[]) => seconds(process.execPath, [program, ...args], env);
  const job = (env: NodeJS.ProcessEnv, name: string, a: string, b: string) => {
    const { seconds: total, stdout } = tessera(env, name, a, b, '--out', 'C.npy', '--json');
    const report = JSON.parse(stdout) as { seconds: Record<'plan' | 'compute' | 'verify' | 'finish', number> };
    const { plan, compute, verify, finish } = report.seconds;
    return { total, job: plan + compute + verify + finish };
  };
  tessera(warm, 'up', '--workers', '2');
  try {
    for (let round = 0; round < Number(values.rounds); round++) {
      for (const [index, { name, sign }] of cases.entries()) {
        const row = rows[index]!;
        const [a, b] = [`${name}-A.npy`, `${name}-B.npy`] as const;
        row.numpy.push(python(`np.save('numpy.npy', np.load('${a}') ${sign} np.load('${b}'))`));
        const alone = job(cold, name, a, b);
        row.total.push(alone.total);
        row.job.push(alone.job);
        const joined = job(warm, name, a, b);
        row.up.push(joined.total);
        row.upJob.push(joined.job);
      }
    }
  } finally {
    tessera(warm, 'down');
  }
  const median = (list: readonly number[]) => list.toSorted((x, y) => x - y)[list.length >> 1]!;
  print(`seconds, medians of ${values.rounds} rounds, ${cpus().length} cores (${cpus()[0]?.model.trim()})\n`);
  print(
    `${''.padEnd(21)}${STATISTICS.map((name) => name.padStart(8)).join('')}   of numpy's:${STATISTICS.slice(1)
      .map((name) => name.padStart(7))
      .join('')}`,
  );
  const table = rows.map((row) => {
    const medians = Object.fromEntries(STATISTICS.map((name) => [name, median(row[name])])) as Record<
      Statistic,
      number
    >;
    const ratios = STATISTICS.slice(1).map((name) => medians[name] / medians.numpy);
    const cells = STATISTICS.map((name) => medians[name].toFixed(2).padStart(8)).join('');
    print(
      `${row.name.padEnd(21)}${cells}   ${' '.repeat(11)}${ratios.map((ratio) => ratio.toFixed(2).padStart(7)).join('')}`,
    );
    return { name: row.name, ...medians };
  });
  const json = JSON.stringify({ benchmark: 'files', table, rows }, null, 2);
  if (values.json === undefined) print(`\n${json}`);
  else writeFileSync(values.json, `${json}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
