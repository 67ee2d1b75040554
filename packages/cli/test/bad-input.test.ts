import { execFile } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  mkdirSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';

// The built program, started as people start it: what it prints, what it exits with, and that it started nothing.

const cli = join(import.meta.dirname, '../dist/cli.mjs');
const isBuilt = existsSync(cli);
if (!isBuilt) process.stderr.write(`skipped: ${cli} is not built, \`pnpm build\` makes it\n`);

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera cli-'));
  mkdirSync(join(folder, 'folder.npy'));
  mkdirSync(join(folder, 'folder.zarr'));
  const files: Record<string, string | Uint8Array> = {
    'A.npy': npy([2, 3], '<f8'),
    'B.npy': npy([3, 2], '<f8'),
    'complex.npy': npy([2, 3], '<c16'),
    'object.npy': npy([2, 3], '|O'),
    'vector.npy': npy([6], '<f8'),
    'empty.npy': '',
    'text.npy': 'not an array',
    'short.npy': npy([2, 3], '<f8').subarray(0, 140),
    'empty.csv': '',
    'ragged.csv': '1,2,3\n4,5\n',
    'word.csv': '1,2\n3,four\n5,6\n',
    'table.txt': '1 2\n',
  };
  for (const [name, content] of Object.entries(files)) writeFileSync(join(folder, name), content);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** An .npy file of zeros, format version 1.0. */
function npy(shape: number[], descr: string): Uint8Array {
  const text = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = `${text.padEnd(117)}\n`;
  const size = shape.reduce((product, n) => product * n, 1) * (Number(/\d+$/.exec(descr)?.[0]) || 8);
  return Buffer.concat([
    Buffer.from('\u0093NUMPY\u0001\u0000v\u0000', 'latin1'),
    Buffer.from(header),
    Buffer.alloc(size),
  ]);
}

interface End {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(args: readonly string[], env: Record<string, string> = {}): Promise<End> {
  return new Promise((resolve) => {
    const home = join(folder, 'home');
    const options = { cwd: tmpdir(), env: { ...process.env, INIT_CWD: folder, TESSERA_HOME: home, ...env } };
    const child = execFile(process.execPath, [cli, ...args], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
    child.stdin!.end();
  });
}

describe.skipIf(!isBuilt)('a TESSERA_HOME that holds nothing', () => {
  const homes: [string, RegExp][] = [
    ['A.npy', /A\.npy: it is not a folder/],
    ['A.npy/below', /A\.npy\/below: it is not a folder, or something above it is none/],
    ['dangling', /dangling: no folder can be made there/],
  ];
  // Node's own way of making folders never ends there.
  if (process.platform === 'linux') homes.push(['/proc/tessera', /\/proc\/tessera: no folder can be made there/]);

  test.each(homes)('is refused with its reason: %s', async (home, reason) => {
    symlinkSync(join(folder, 'not there', 'x'), join(folder, 'dangling'));
    onTestFinished(() => rmSync(join(folder, 'dangling')));
    for (const command of [['add', '2x3'], ['up']]) {
      const { code, stdout, stderr } = await run([...command, '--json'], { TESSERA_HOME: resolve(folder, home) });
      expect(stderr).toMatch(reason);
      expect(stderr).toMatch(
        /^tessera: the local cloud can't keep its state in .*; set TESSERA_HOME to a folder .*\n$/,
      );
      expect([code, stdout]).toEqual([2, '']);
    }
  });
});

describe.skipIf(!isBuilt)('a file where the jobs are kept', () => {
  test('is refused, and left as it is', async () => {
    const file = join(folder, 'tessera-jobs');
    writeFileSync(file, 'mine');
    onTestFinished(() => rmSync(file));
    const { code, stderr } = await run(['add', '2x3', '--json']);
    expect([code, stderr]).toEqual([
      2,
      expect.stringMatching(/^tessera: the job's files go to .*tessera-jobs is not a/),
    ]);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });
});

describe.skipIf(!isBuilt)('bad input', () => {
  const cases: [string, RegExp][] = [
    ['add', /add needs one shape or two operands/],
    ['add 1000', /'1000' is not a shape/],
    ['add axb', /'axb' is not a shape: 'a' is not a whole number of rows/],
    ['add 0x5', /at least one row and one column/],
    ['add -1x4', /'-1x4' is not a shape/],
    ['add 1e3x10', /'1e3' is not a whole number/],
    ['add 2x2 2x2 2x2', /but 3 were given/],
    ['multiply 3x4', /multiply needs two operands, but only 3x4/],
    ['multiply 3x4 5x6', /as many columns in A as rows in B, but A is 3x4 \(4 columns\) and B is 5x6 \(5 rows\)/],
    ['add A.npy B.npy', /same shape, but A is 2x3 and B is 3x2/],
    ['add A.npy', /only A\.npy was given/],
    ['add none.npy A.npy', /none\.npy: no such file/],
    ['add empty.npy A.npy', /empty\.npy holds no matrix/],
    ['add empty.csv A.npy', /empty\.csv holds no matrix/],
    ['add short.npy A.npy', /short\.npy is truncated: expected 176 bytes, found 140/],
    ['add folder.npy A.npy', /folder\.npy is a folder/],
    ['add folder.zarr A.npy', /folder\.zarr/],
    ['add text.npy A.npy', /text\.npy is not an \.npy file/],
    ['add table.txt A.npy', /table\.txt has no known matrix extension/],
    ['add complex.npy A.npy', /complex/],
    ['add object.npy A.npy', /object/],
    ['add vector.npy A.npy', /vector\.npy has the shape/],
    ['add ragged.csv A.npy', /line 2 has 2 cells, expected 3/],
    ['add word.csv A.npy', /line 2, column 2 is not a number: "four"/],
    ['add s3://bucket/A.npy 2x3', /s3:\/\/ operands/],
    ['add https://host/A.npy 2x3', /https:\/\/ is not served/],
    ['add 2x3 --out nowhere/C.npy', /nowhere does not exist/],
    ['add 2x3 --out A.npy/C.npy', /A\.npy is not a folder/],
    ['add 2x3 --out C.txt', /--out must end in a name with \.npy/],
    ['add 2x3 --out .npy', /--out must end in a name/],
    ['add 2x3 --out s3://bucket/C.npy', /s3:\/\/ operands and results need/],
    ['add 2x3 --out s3://C.npy', /s3:\/\/bucket\/key/],
    ['add 2x3 --out https://host/C.npy', /must be a path on this machine or s3/],
    ['add 2x3 --out s3://bucket/C.txt', /--out must end in a name/],
    ['add 2x3 --out folder.npy', /exists and is not a file/],
    ['add 2x3 --out folder.zarr', /exists and is not a Zarr array/],
    ['add 3000000x3000000', /need 216 TB on the disk/],
    ['add 2x3 --kernel gpu', /--dtype float32/],
    ['add 2x3 --memory much', /--memory must be/],
    ['add 2x3 --memory 3', /--memory 3 has no unit; write 3GiB/],
    [
      'add 2x3 --memory 30MiB',
      /a tile of .* needs \d+ MiB in a worker, but its memory is limited to 30 MiB; allow at least/,
    ],
    ['multiply 100x100 100x100 --plan --memory 20MiB', /needs \d+ MiB in a worker/],
    ['resume 20260102-030405-abcde', /there is no job 20260102-030405-abcde here: .*job\.json is missing/],
    ['gram 2x3 3x2', /gram needs one operand, but 2 were given/],
    ['multiply A.npy 4x2 --transpose-a', /A is 2x3 and so Aᵀ 3x2 \(2 columns\) and B is 4x2 \(4 rows\)/],
    ['multiply A.npy B.npy --add A.npy', /--add must have the shape of the product, 2x2, but is 2x3/],
    ['ad 2x3', /Did you mean add\?/],
    ['', /^Usage: tessera/],
  ];

  test.each(cases)('%s', async (line, expected) => {
    const before = readdirSync(folder);
    const { code, stdout, stderr } = await run(line.split(' ').filter(Boolean));
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr.replace(/^tessera: /, '')).toMatch(expected);
    if (line !== '') expect(stderr.trimEnd().split('\n')).toHaveLength(1);
    expect(readdirSync(folder)).toEqual(before);
  });

  const forRoot = process.getuid?.() === 0;
  test.skipIf(forRoot)(
    `a folder that can not be written${forRoot ? ' (skipped: root can write everywhere)' : ''}`,
    async () => {
      mkdirSync(join(folder, 'closed'), { mode: 0o500 });
      const { code, stderr } = await run(['add', '2x3', '--out', 'closed/C.npy']);
      expect([code, stderr]).toEqual([2, expect.stringContaining("can't be written")]);
    },
  );
});

describe.skipIf(!isBuilt)('plans', () => {
  test('are printed with what they move and need, and nothing is started', async () => {
    const before = readdirSync(folder);
    const { code, stdout, stderr } = await run(['multiply', '3000x2000', '2000x1000', '--plan', '--workers', '4']);
    expect([code, stderr]).toEqual([0, '']);
    for (const word of ['for 4 workers of', 'blocks of', 'A: 3000x2000 float64 in chunks of', 'lower bound'])
      expect(stdout).toContain(word);
    expect(stdout).toMatch(/^phase +packages +read +written +seconds$/m);
    expect(stdout).toMatch(/^compute +\d+ /m);
    expect(stdout).toContain('Nothing was started');
    expect(readdirSync(folder)).toEqual(before);
  });

  test('are one document with --json, in which gram has no B', async () => {
    const { code, stdout } = await run(['gram', '3000x200', '--plan', '--json', '--seed', '7', '--memory', '1GiB']);
    const plan = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(plan).toMatchObject({
      op: 'gram',
      shapes: { A: [3000, 200], C: [200, 200] },
      seed: 7,
      fleet: { memoryBytes: 2 ** 30 },
      phases: expect.arrayContaining([expect.objectContaining({ phase: 'compute' })]),
    });
    expect(plan.arrays).toMatchObject({ A: { shape: [3000, 200] } });
    expect(plan.arrays).not.toHaveProperty('B');
    expect(plan.ratio).toBeCloseTo(plan.movedBytes / plan.lowerBoundBytes);
  });
});

describe.skipIf(!isBuilt)('texts', () => {
  test('--version and --help go to stdout with exit code 0', async () => {
    expect(await run(['--version'])).toEqual({ code: 0, stdout: 'tessera 0.1.0\n', stderr: '' });
    const help = await run(['--help']);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toContain('tessera multiply A.npy B.csv --out C.csv');
  });

  test('without a local cloud env says what to do, and status and down have nothing to do', async () => {
    const env = await run(['env']);
    expect(env).toEqual({ code: 1, stdout: '', stderr: 'tessera: no local cloud runs; start one with `up`\n' });
    expect((await run(['status'])).code).toBe(0);
    expect(JSON.parse((await run(['down', '--json'])).stdout)).toEqual({ cluster: 'default', instances: [], left: 0 });
  });

  test('a reader that has gone is no reason to fail', async () => {
    const shell = (line: string) =>
      new Promise<string>((resolve) =>
        execFile('bash', ['-c', line, 'bash', process.execPath, cli], (_error, stdout, stderr) =>
          resolve(stdout + stderr),
        ),
      );
    expect(await shell('"$1" "$2" --help | head -1; echo "${PIPESTATUS[0]}"')).toBe(
      'Usage: tessera [command] [options]\n0\n',
    );
  });
});
