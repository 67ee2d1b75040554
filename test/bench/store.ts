/**
 * The data path alone: tiles of float64 written to and read from Zarr chunks (with checksums) and an `.npy`, 8 MiB each,
 * one after another and several at once, beside `dd` and a plain Node loop over the same bytes on the same disk. What is
 * read was written just before, so it comes from the page cache, as a job's tiles do. GB (10^9 bytes) per second.
 *
 *     pnpm bench store [--mib 512] [--rounds 5] [--folder PATH] [--json PATH]
 */
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, readSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allocateTile, createArray, openArray } from '@tessera/matrix';
import type { MatrixArray, Region } from '@tessera/matrix';
import { median } from './kernels/statistics.ts';
import { table } from './kernels/table.ts';

const { values } = parseArgs({
  options: {
    mib: { type: 'string', default: '512' },
    rounds: { type: 'string', default: '5' },
    folder: { type: 'string', default: tmpdir() },
    json: { type: 'string' },
  },
});
const SIDE = 1024;
/** Tiles of 8 MiB in two columns, so that a row of a tile is half a row of the `.npy`. */
const tiles = Math.max(2, Math.round(Number(values.mib) / 16) * 2);
const shape = [(tiles / 2) * SIDE, 2 * SIDE] as const;
const bytes = shape[0] * shape[1] * 8;
const folder = mkdtempSync(join(values.folder, 'tessera-bench-'));
const print = (text: string) => process.stdout.write(`${text}\n`);
const at = (name: string) => join(folder, name);

const regions: Region[] = Array.from({ length: tiles }, (_, i) => ({
  row: Math.floor(i / 2) * SIDE,
  col: (i % 2) * SIDE,
  rows: SIDE,
  cols: SIDE,
}));
const tile = allocateTile('float64', SIDE, SIDE);
tile.data.forEach((_, i) => (tile.data[i] = Math.random()));
const piece = Buffer.alloc(8 << 20, 1);

function dd(...args: string[]): void {
  const { status, stderr } = spawnSync('dd', [...args, 'bs=8M'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`dd ended with ${status}: ${stderr}`);
}

function plainly(flags: 'w' | 'r', step: (fd: number, position: number) => void): void {
  const fd = openSync(at('plain'), flags);
  for (let position = 0; position < bytes; position += piece.byteLength) step(fd, position);
  closeSync(fd);
}

async function each(array: MatrixArray, lanes: number, work: (array: MatrixArray, region: Region) => Promise<unknown>) {
  const left = regions.values();
  const lane = async () => {
    for (const region of left) await work(array, region);
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  await array.close();
}

const kinds = ['zarr', 'npy'] as const;
const ours = kinds.flatMap((kind) =>
  [1, 4].flatMap((lanes) => {
    const name = `.${kind}, ${lanes === 1 ? 'one tile at a time' : `${lanes} tiles at once`}`;
    const path = at(`${lanes}.${kind}`);
    const chunk = kind === 'zarr' ? { chunk: [SIDE, SIDE] as const } : {};
    return [
      {
        name,
        what: 'write',
        run: async () => {
          const array = await createArray(path, { shape, dtype: 'float64', ...chunk });
          await each(array, lanes, (into, region) => into.write(region, tile));
        },
      },
      {
        name,
        what: 'read',
        run: async () => {
          await each(await openArray(path), lanes, (from, region) => from.read(region));
          rmSync(path, { recursive: true });
        },
      },
    ];
  }),
);
const works: { name: string; what: string; run: () => void | Promise<void> }[] = [
  { name: 'dd', what: 'write', run: () => dd('if=/dev/zero', `of=${at('dd')}`, `count=${bytes / piece.byteLength}`) },
  {
    name: 'dd',
    what: 'read',
    run: () => {
      dd(`if=${at('dd')}`, 'of=/dev/null');
      rmSync(at('dd'));
    },
  },
  {
    name: 'plain Node',
    what: 'write',
    run: () => plainly('w', (fd, position) => writeSync(fd, piece, 0, piece.length, position)),
  },
  {
    name: 'plain Node',
    what: 'read',
    run: () => {
      plainly('r', (fd, position) => readSync(fd, piece, 0, piece.length, position));
      rmSync(at('plain'));
    },
  },
  ...ours,
];

try {
  const seconds = new Map<string, number[]>();
  for (let round = 0; round <= Number(values.rounds); round++) {
    // Whoever writes first after files were removed waits for the file system to be done with that.
    await works[2]!.run();
    await works[3]!.run();
    for (const { name, what, run } of works) {
      const startedAt = performance.now();
      await run();
      const spent = (performance.now() - startedAt) / 1000;
      // The first round warms up.
      if (round > 0) seconds.set(`${name} ${what}`, [...(seconds.get(`${name} ${what}`) ?? []), spent]);
    }
  }
  const rate = (name: string, what: string) => bytes / 1e9 / median(seconds.get(`${name} ${what}`)!);
  const names = [...new Set(works.map(({ name }) => name))];
  const rows = names.map((name) => ({ name, write: rate(name, 'write'), read: rate(name, 'read') }));
  const plain = rows.find(({ name }) => name === 'plain Node')!;
  print(
    `${(bytes / 1e6).toFixed(0)} MB in tiles of 8 MiB, medians of ${values.rounds} rounds, ${cpus().length} cores ` +
      `(${cpus()[0]?.model.trim()}), ${folder}\n`,
  );
  print(
    table(
      ['', 'write GB/s', 'read GB/s', 'of plain', 'of plain'],
      rows.map(({ name, write, read }) => [
        name,
        write.toFixed(2),
        read.toFixed(2),
        (write / plain.write).toFixed(2),
        (read / plain.read).toFixed(2),
      ]),
    ),
  );
  const json = JSON.stringify({ benchmark: 'store', bytes, rows, seconds: Object.fromEntries(seconds) }, null, 2);
  if (values.json === undefined) print(`\n${json}`);
  else writeFileSync(values.json, `${json}\n`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
