/**
 * `pnpm bench csv [--quick] [--files] [--python PATH] [--json PATH]`: how fast one thread turns CSV text into numbers and
 * numbers into text, beside plain TypeScript and beside what anyone would write first (`split` and `Number`, `join`); a
 * file read and written, and the whole command that adds two files, beside pandas or numpy. `--files` leaves the first
 * out. Rates are MB of text (10^6 bytes) per second, medians of interleaved rounds: of wall time, and of
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
import { interleaved, median as middle, rateOf } from './kernels/statistics.ts';
import { one, table } from './kernels/table.ts';
import { csvPeer } from './peers/csv.ts';
import { callTessera } from './peers/tessera.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean' },
    files: { type: 'boolean' },
    python: { type: 'string' },
    json: { type: 'string' },
  },
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
for (const [kind, next] of Object.entries(flags.files ? {} : kinds)) {
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
const figures = [
  ['mbps', 'wall time'],
  ['perCpuSecond', 'processor time'],
] as const;
for (const [figure, of] of flags.files ? [] : figures) {
  print(`\nMB of text per second of ${of}, one thread, median of ${rounds} rounds`);
  const lines = Object.keys(kinds).map((kind) => [
    kind,
    ...works.map((work) => one(measured.find((row) => row.kind === kind && row.work === work)?.[figure])),
  ]);
  print(table(['', ...works], lines));
}

const peer = csvPeer(flags.python);
if (typeof peer === 'string') print(`\nnothing to compare with: ${peer}`);
else print(`\nbeside ${peer.name} (${peer.path})`);
const files = await readAndWrite(flags.quick ? 500 : 2000);
print(`\n${files.n}x${files.n} reals, ${one(files.megabytes)} MB, seconds, medians of ${files.rounds} rounds`);
print(
  table(
    ['', 'median', 'best', 'peer / this'],
    Object.entries(files.seconds).map(([name, all]) => [
      name,
      middle(all).toFixed(3),
      Math.min(...all).toFixed(3),
      name in files.timesFaster ? one(files.timesFaster[name]) : '',
    ]),
  ),
);
if (typeof peer !== 'string') print(`wanted: ${peer.wanted} times as fast`);

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

/**
 * What a job does around its computing, in one thread: find the bands, read them into an array, write that as text; and the
 * job itself, on two workers.
 */
async function readAndWrite(n: number) {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  const rounds = flags.quick ? 2 : 5;
  try {
    const [source, target, stored] = [join(folder, 'A.csv'), join(folder, 'C.csv'), join(folder, 'A.npy')];
    const tile = allocateTile('float64', n, n);
    tile.data.forEach((_, i) => (tile.data[i] = Math.random()));
    const made = await createArray(join(folder, 'made.npy'), { shape: [n, n], dtype: 'float64' });
    await made.write(wholeRegion([n, n]), tile);
    await writeCsv(made, source);
    await made.close();
    const seconds: Record<string, number[]> = {};
    const note = (name: string, value: number) => (seconds[name] ??= []).push(value);
    for (let round = 0; round < rounds; round++) {
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
      note('in, out: one thread', (marks[3]! - marks[0]!) / 1000);
      for (const [i, name] of ['  find the bands', '  read', '  write'].entries()) {
        note(name, (marks[i + 1]! - marks[i]!) / 1000);
      }
      if (typeof peer !== 'string') note('in, out: peer', peer.readWrite(source, target));
      const { seconds: total, report } = callTessera(['add', source, source, '--out', target], folder);
      note('in twice, add, out: command', total);
      note('  without start-up', report.plan + report.compute + report.verify + report.finish);
      if (typeof peer !== 'string') {
        const other = peer.add(source, source, target);
        note('in twice, add, out: peer', other.seconds + other.startUp);
        note('  without its imports', other.seconds);
      }
    }
    const ratio = (own: string, other: string): Record<string, number> =>
      other in seconds ? { [own]: middle(seconds[other]!.map((value, round) => value / seconds[own]![round]!)) } : {};
    return {
      n,
      rounds,
      megabytes: statSync(source).size / 1e6,
      peer: typeof peer === 'string' ? undefined : peer.name,
      seconds,
      timesFaster: {
        ...ratio('in, out: one thread', 'in, out: peer'),
        ...ratio('in twice, add, out: command', 'in twice, add, out: peer'),
        ...ratio('  without start-up', '  without its imports'),
      } as Record<string, number>,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
