/**
 * From keypress to verified result: the README's main job, as a person calls it, on a warm build. `wall` is the whole
 * command, package manager included; the other columns come from the job's own report.
 *
 *     pnpm bench start [--rounds 7] [--json PATH]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

interface Round {
  wall: number;
  build: number;
  total: number;
  provision: number;
  compute: number;
  verify: number;
}

const { values } = parseArgs({ options: { rounds: { type: 'string', default: '7' }, json: { type: 'string' } } });
const root = join(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
const env = { ...process.env, TESSERA_HOME: join(folder, 'state') };

function call(...args: string[]): { seconds: number; stdout: string } {
  const startedAt = performance.now();
  const { status, stdout, stderr } = spawnSync('pnpm', ['--dir', root, '--filter', 'cli', 'start', ...args], {
    cwd: folder,
    env,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`exit code ${status}: ${stderr}`);
  return { seconds: (performance.now() - startedAt) / 1000, stdout };
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

try {
  call('--version');
  const rounds: Round[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    // What the package manager, turbo's look at the sources and Node's start cost alone.
    const build = call('--version').seconds;
    const { seconds: wall, stdout } = call('add', '1000x1000', '--json');
    const report = JSON.parse(stdout) as { seconds: Omit<Round, 'wall' | 'build'>; verified: { ok: boolean } };
    if (!report.verified.ok) throw new Error('not verified');
    rounds.push({ wall, build, ...report.seconds });
  }
  const columns = ['wall', 'build', 'total', 'provision', 'compute', 'verify'] as const;
  const table = Object.fromEntries(
    columns.map((name) => {
      const seen = rounds.map((round) => round[name]);
      return [name, { median: median(seen), best: Math.min(...seen), worst: Math.max(...seen) }];
    }),
  );
  const print = (text: string) => process.stdout.write(`${text}\n`);
  print(
    `add 1000x1000 --json, seconds, ${rounds.length} rounds, ${cpus().length} cores (${cpus()[0]?.model.trim()}), Node ${process.version}\n`,
  );
  print('              median    best   worst');
  for (const [name, row] of Object.entries(table)) {
    const cells = [row.median, row.best, row.worst].map((value) => value.toFixed(3).padStart(8)).join('');
    print(`${name.padEnd(12)}${cells}`);
  }
  const json = JSON.stringify({ benchmark: 'start', rounds, table }, null, 2);
  if (values.json === undefined) print(`\n${json}`);
  else writeFileSync(values.json, `${json}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
