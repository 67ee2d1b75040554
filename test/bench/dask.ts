/**
 * A product of 4000x4000 float64 from Zarr to Zarr, beside dask.array on a LocalCluster: whole commands, start-up included.
 * Both read the same arrays (Zarr v2, not compressed, which suits Dask best); Tessera its own Zarr v3 as well. Dask has two
 * processes of a thread each, with one thread of BLAS, as its nanny sets it: as many as the machine has cores.
 *
 *     pnpm bench dask [--n 4000] [--chunk 2000] [--rounds 5] [--python PATH] [--json PATH]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { copyArray, openArray } from '@tessera/matrix';
import { median } from './kernels/statistics.ts';
import { table } from './kernels/table.ts';
import { findPython } from './peers/python.ts';
import { callTessera } from './peers/tessera.ts';

const { values } = parseArgs({
  options: {
    n: { type: 'string', default: '4000' },
    chunk: { type: 'string', default: '2000' },
    rounds: { type: 'string', default: '5' },
    python: { type: 'string' },
    json: { type: 'string' },
  },
});
const n = Number(values.n);
const chunk = Number(values.chunk);
const print = (text: string) => process.stdout.write(`${text}\n`);
const python = findPython(['numpy', 'zarr', 'dask', 'distributed'], values.python);
if (typeof python === 'string') {
  print(`skipped: ${python}`);
  process.exit(0);
}

const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
const at = (name: string) => join(folder, name);
const script = join(import.meta.dirname, 'peers/dask_product.py');

try {
  python.run(
    `import sys, numpy as np, zarr
r = np.random.default_rng(1)
for path in sys.argv[3:]:
    n, chunk = int(sys.argv[1]), int(sys.argv[2])
    zarr.open(path, mode='w', shape=(n, n), chunks=(chunk, chunk), dtype='<f8', compressor=None)[:] = r.random((n, n))`,
    [String(n), String(chunk), at('A.zarr'), at('B.zarr')],
  );
  for (const name of ['A', 'B']) {
    const array = await openArray(at(`${name}.zarr`));
    await copyArray(array, at(`own-${name}.zarr`), { chunk: [1000, 1000] });
    await array.close();
  }
  const seconds = new Map<string, number[]>();
  const note = (name: string, value: number) => seconds.set(name, [...(seconds.get(name) ?? []), value]);
  for (let round = 0; round < Number(values.rounds); round++) {
    const startedAt = performance.now();
    const { status, stdout, stderr } = spawnSync(
      python.path,
      [script, '2', '1', at('A.zarr'), at('B.zarr'), at('D.zarr')],
      { encoding: 'utf8', env: python.env, cwd: folder },
    );
    if (status !== 0) throw new Error(`dask ended with ${status}: ${stderr.slice(-2000)}`);
    note('dask, total', (performance.now() - startedAt) / 1000);
    const dask = JSON.parse(stdout) as { start: number; product: number };
    note('  start-up', dask.start);
    note('  product', dask.product);
    for (const [title, prefix] of [
      ['Tessera, same arrays', ''],
      ['Tessera, own arrays', 'own-'],
    ] as const) {
      const { seconds: total, report } = callTessera(
        ['multiply', `${prefix}A.zarr`, `${prefix}B.zarr`, '--out', 'C.zarr'],
        folder,
      );
      note(`${title}, total`, total);
      note(`  ${prefix}without start-up`, report.plan + report.compute + report.verify + report.finish);
    }
  }
  const c = await openArray(at('C.zarr'));
  const d = await openArray(at('D.zarr'));
  const whole = { row: 0, col: 0, rows: n, cols: n };
  const [one, other] = [(await c.read(whole)).data, (await d.read(whole)).data];
  let worst = 0;
  for (let i = 0; i < one.length; i++) worst = Math.max(worst, Math.abs(one[i]! - other[i]!));
  if (!(worst < 1e-9 * n)) throw new Error(`the results differ by ${worst}`);

  const dask = seconds.get('dask, total')!;
  const rows = [...seconds].map(([name, all]) => ({
    name,
    median: median(all),
    best: Math.min(...all),
    ...(name.startsWith('Tessera') ? { timesFaster: median(dask.map((value, round) => value / all[round]!)) } : {}),
  }));
  print(
    `${n}x${n} float64, chunks of ${chunk}, ${cpus().length} cores (${cpus()[0]?.model.trim()}), ${python.versions}`,
  );
  print(`(${python.path}), seconds, medians of ${values.rounds} rounds\n`);
  print(
    table(
      ['', 'median', 'best', 'dask / this'],
      rows.map(({ name, median: middle, best, timesFaster }) => [
        name,
        middle.toFixed(2),
        best.toFixed(2),
        timesFaster?.toFixed(2) ?? '',
      ]),
    ),
  );
  const json = JSON.stringify({ benchmark: 'dask', n, chunk, peer: python.versions, rows }, null, 2);
  if (values.json === undefined) print(`\n${json}`);
  else writeFileSync(values.json, `${json}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
