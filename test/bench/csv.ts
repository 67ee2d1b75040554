/**
 * `pnpm bench csv [--quick] [--json PATH]`: how fast one thread turns CSV text into numbers and numbers into text, beside
 * plain TypeScript and beside what anyone would write first (`split` and `Number`, `join`), and a file read and written
 * beside pandas or numpy. Rates are MB of text (10^6 bytes) per second, medians of interleaved rounds: of wall time, and of
 * processor time, which is what one core does where others use the machine too. All contestants' results are compared
 * before anything is measured.
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { allocateTile, createArray, ingestCsv, inspectCsv, openArray, wholeRegion, writeCsv } from '@tessera/matrix';
import type { Tile } from '@tessera/matrix';
import { formatInto, formatPlainly } from '../../packages/matrix/src/csv/format.ts';
import { parseRowsFast } from '../../packages/matrix/src/csv/fast-rows.ts';
import { parseRows } from '../../packages/matrix/src/csv/parse-rows.ts';
import { CsvScan } from '../../packages/matrix/src/csv/scan.ts';
import { kinds } from './csv/numbers.ts';
import { pythonReadWrite } from './csv/python.ts';
import { interleaved, median as middle, rateOf } from './kernels/statistics.ts';
import { one, table } from './kernels/table.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'string' } },
  allowPositionals: true,
});
const rounds = flags.quick ? 3 : 7;
const [rows, cols] = flags.quick ? [200, 500] : [500, 1000];
const print = (text: string) => process.stdout.write(`${text}\n`);

const machine = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  node: process.version,
  rounds,
};
print(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}`);

const measured: { kind: string; work: string; mbps: number; best: number; perCpuSecond: number }[] = [];
for (const [kind, next] of Object.entries(kinds)) {
  const tile = allocateTile('float64', rows, cols);
  tile.data.forEach((_, i) => (tile.data[i] = next()));
  const room = new Uint8Array(rows * cols * 25);
  const text = Buffer.from(room.subarray(0, formatPlainly(tile, room)));
  const layout = { delimiter: ',', cols, firstRow: 0 };
  const parsed = allocateTile('float64', rows, cols).data;
  const work = {
    'parse WASM': () => parseRowsFast(text, 0, text.length, layout, parsed, 0, rows),
    'parse TypeScript': () => parseRows(text, 0, text.length, layout, parsed, 0, rows),
    'parse split+Number': () => parsed.set(splitAndNumber(text)),
    'check WASM': () => scan(text, true),
    'check TypeScript': () => scan(text, false),
    'format WASM': () => formatInto(tile, room),
    'format TypeScript': () => formatPlainly(tile, room),
    'format join': () => joined(tile),
  };
  for (const [name, run] of Object.entries(work)) {
    parsed.fill(0);
    room.fill(0);
    run();
    const right = name.startsWith('parse')
      ? parsed.every((x, i) => Object.is(x, tile.data[i]))
      : !name.startsWith('format') || name === 'format join' || text.equals(room.subarray(0, text.length));
    if (!right) throw new Error(`${name} is wrong about ${kind}`);
  }
  const cpu = new Map<string, number[]>();
  const contestants = Object.entries(work).map(([name, run]) => ({
    name,
    run: async () => {
      const start = performance.now();
      const usage = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(usage);
      cpu.set(name, [...(cpu.get(name) ?? []), (user + system) / 1e6]);
      return (performance.now() - start) / 1000;
    },
  }));
  const seconds = await interleaved(contestants, rounds);
  const rates = Object.keys(work).map((name) => {
    const { median, best } = rateOf(seconds, name, text.length / 1e6);
    return { kind, work: name, mbps: median, best, perCpuSecond: text.length / 1e6 / middle(cpu.get(name)!.slice(1)) };
  });
  measured.push(...rates);
}

const works = [...new Set(measured.map(({ work }) => work))];
for (const [figure, of] of [
  ['mbps', 'wall time'],
  ['perCpuSecond', 'processor time'],
] as const) {
  print(`\nMB of text per second of ${of}, one thread, median of ${rounds} rounds`);
  const lines = Object.keys(kinds).map((kind) => [
    kind,
    ...works.map((work) => one(measured.find((row) => row.kind === kind && row.work === work)?.[figure])),
  ]);
  print(table(['', ...works], lines));
}

const files = await readAndWrite(flags.quick ? 500 : 2000);
print(`\n${files.n}x${files.n} reals, ${one(files.megabytes)} MB: CSV file to array to CSV file, seconds`);
print(
  table(
    ['', 'median', 'best'],
    Object.entries(files.seconds).map(([name, all]) => [name, middle(all).toFixed(3), Math.min(...all).toFixed(3)]),
  ),
);
if (files.python === undefined) print('python3 with pandas or numpy is missing, so there is nothing to compare with');
else print(`${one(files.timesFaster)} times as fast as ${files.python} in one thread`);

const result = JSON.stringify({ machine, measured, files }, undefined, 1);
if (flags.json) writeFileSync(flags.json, `${result}\n`);
else print(`\n${result}`);

function splitAndNumber(text: Buffer): number[] {
  return text
    .toString('latin1')
    .split('\n')
    .flatMap((line) => (line === '' ? [] : line.split(',').map(Number)));
}

function joined({ data }: Tile): Buffer {
  return Buffer.from(
    Array.from({ length: rows }, (_, r) => data.subarray(r * cols, (r + 1) * cols).join(',')).join('\n'),
  );
}

function scan(text: Buffer, fast: boolean): void {
  const scan = new CsvScan('text', { delimiter: ',', offset: 0, lines: 0 }, 4 << 20, fast);
  scan.push(text);
  if (scan.end().rows !== rows) throw new Error('the text has other rows');
}

/** What a job does around its computing, in one process: find the bands, read them into an array, write that as text. */
async function readAndWrite(n: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  try {
    const [source, target, stored] = [join(folder, 'A.csv'), join(folder, 'C.csv'), join(folder, 'A.npy')];
    const tile = allocateTile('float64', n, n);
    tile.data.forEach((_, i) => (tile.data[i] = Math.random()));
    const made = await createArray(join(folder, 'made.npy'), { shape: [n, n], dtype: 'float64' });
    await made.write(wholeRegion([n, n]), tile);
    await writeCsv(made, source);
    await made.close();
    const own = { inspect: [] as number[], read: [] as number[], write: [] as number[], all: [] as number[] };
    let python: ReturnType<typeof pythonReadWrite>;
    const others: number[] = [];
    for (let round = 0; round < (flags.quick ? 2 : 5); round++) {
      const marks = [performance.now()];
      const info = await inspectCsv(source);
      marks.push(performance.now());
      rmSync(stored, { force: true });
      const array = await createArray(stored, { shape: [info.rows, info.cols], dtype: 'float64' });
      for (const { byteStart: start, byteEnd: end, firstRow, rows } of info.bands) {
        const region = { row: firstRow, col: 0, rows, cols: info.cols };
        await ingestCsv(info, { bytes: { start, end }, firstRow, skipRows: 0, region }, array);
      }
      await array.close();
      marks.push(performance.now());
      const again = await openArray(stored);
      await writeCsv(again, target);
      await again.close();
      marks.push(performance.now());
      const spent = marks.slice(1).map((mark, i) => (mark - marks[i]!) / 1000);
      own.inspect.push(spent[0]!);
      own.read.push(spent[1]!);
      own.write.push(spent[2]!);
      own.all.push(spent.reduce((sum, part) => sum + part, 0));
      python = pythonReadWrite(source, join(folder, 'P.csv'), 1);
      others.push(...(python?.seconds ?? []));
    }
    return {
      n,
      megabytes: statSync(source).size / 1e6,
      python: python?.library,
      seconds: {
        'Tessera, all of it': own.all,
        '  inspect': own.inspect,
        '  read': own.read,
        '  write': own.write,
        ...(python ? { [python.library]: others } : {}),
      },
      timesFaster: python ? middle(others.map((other, round) => other / own.all[round]!)) : undefined,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
