import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArray, wholeRegion } from '@tessera/matrix';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

// Whole runs of the built program on local clouds: what is promised to people who run it, stop it and kill it.

const root = join(import.meta.dirname, '../../..');
const cli = join(root, 'packages/cli/dist/cli.mjs');
const programs = [
  'packages/worker/dist/worker.mjs',
  'packages/master/dist/master.mjs',
  'infra/local-cloud/dist/local-cloud.mjs',
];
const missing = [cli, ...programs.map((path) => join(root, path))].filter((path) => !existsSync(path));
if (missing.length > 0) process.stderr.write(`skipped: not built: ${missing.join(', ')}\n`);

let folder = '';
const env = () => ({ ...process.env, INIT_CWD: folder, TESSERA_HOME: join(folder, 'state') });
/** What local clouds left behind. */
const clouds = () => (existsSync(join(folder, 'state')) ? readdirSync(join(folder, 'state')) : []);
const made = () => readdirSync(folder).filter((name) => name !== 'state');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tessera run-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function run(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [cli, ...args], { env: env(), cwd: root }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}

/** Starts a run that takes longer than the test and waits until it says something. */
async function begin(until: string, ...args: string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [cli, ...args], { env: env(), cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  await new Promise<void>((resolve, reject) => {
    child.stdout!.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.includes(until)) resolve();
    });
    child.once('exit', () => reject(new Error(`ended early: ${said}`)));
  });
  child.removeAllListeners('exit');
  return child;
}

const ended = (child: ChildProcess) =>
  new Promise<number | null>((resolve) => {
    if (child.exitCode !== null) resolve(child.exitCode);
    else child.once('exit', (code) => resolve(code));
  });

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

describe.skipIf(missing.length > 0)('a run', () => {
  test('--json prints one document, puts C in its place and leaves no cloud', async () => {
    const { code, stdout, stderr } = await run('multiply', '60x50', '50x40', '--seed', '7', '--out', 'C.npy', '--json');
    expect([code, stderr]).toEqual([0, '']);
    const outcome = JSON.parse(stdout);
    expect(outcome).toMatchObject({
      op: 'multiply',
      shapes: { A: [60, 50], B: [50, 40], C: [60, 40] },
      dtype: 'float64',
      seed: 7,
      verified: { method: 'freivalds', ok: true },
      outputs: { C: join(folder, 'C.npy'), A: expect.stringMatching(/tessera-jobs\/.*\/A\.npy$/) },
    });
    const { total, start, provision, plan, compute, verify, finish } = outcome.seconds;
    expect(start + provision + plan + compute + verify + finish).toBeCloseTo(total, 2);
    expect(made().toSorted()).toEqual(['C.npy', 'C.npy.certificate.json', 'tessera-jobs']);
    expect(readdirSync(join(folder, 'tessera-jobs', outcome.jobId)).toSorted()).toEqual(['A.npy', 'B.npy', 'job.json']);
    expect(readFileSync(join(folder, 'C.npy')).byteLength).toBe(128 + 60 * 40 * 8);
    expect(clouds()).toEqual([]);
  });

  test('multiply takes transposes, scalars and a matrix to add, gram one operand, subtract two', async () => {
    const numbers = async (path: string) => {
      const array = await openArray(path);
      const { data, cols } = await array.read(wholeRegion(array.shape));
      await array.close();
      return (row: number, col: number) => Number(data[row * cols + col]);
    };
    const whole = ['--integers', '-9..9', '--json'];
    const options = ['--transpose-a', '--alpha', '2', '--beta', '-3', '--add', '4x6'];
    const gemm = JSON.parse((await run('multiply', '5x4', '5x6', ...options, ...whole)).stdout);
    expect(gemm).toMatchObject({
      shapes: { A: [5, 4], B: [5, 6], C0: [4, 6], C: [4, 6] },
      transposed: { A: true, B: false },
      alpha: 2,
      beta: -3,
      verified: { ok: true },
    });
    const [a, b, c0, c] = await Promise.all(['A', 'B', 'C0', 'C'].map((name) => numbers(gemm.outputs[name])));
    const dot = [0, 1, 2, 3, 4].reduce((sum, k) => sum + a!(k, 1) * b!(k, 2), 0);
    expect(c!(1, 2)).toBe(2 * dot - 3 * c0!(1, 2));

    // There is no B, so the document names none.
    const gram = JSON.parse((await run('gram', '5x4', ...whole)).stdout);
    expect([gram.shapes, Object.keys(gram.outputs)]).toEqual([{ A: [5, 4], C: [4, 4] }, ['A', 'C']]);
    const [ga, gc] = await Promise.all(['A', 'C'].map((name) => numbers(gram.outputs[name])));
    expect(gc!(3, 1)).toBe([0, 1, 2, 3, 4].reduce((sum, k) => sum + ga!(k, 3) * ga!(k, 1), 0));

    const minus = JSON.parse((await run('subtract', gram.outputs.A, '5x4', ...whole)).stdout);
    const [ma, mb, mc] = await Promise.all(['A', 'B', 'C'].map((name) => numbers(minus.outputs[name])));
    expect(mc!(2, 3)).toBe(ma!(2, 3) - mb!(2, 3));
  });

  test('a pipe gets plain lines, and a CSV result brings CSV operands', async () => {
    const { code, stdout } = await run('add', '20x30', '--integers', '0..9', '--out', 'C.csv');
    expect(code).toBe(0);
    for (const escape of ['\u001B', '\r']) expect(stdout).not.toContain(escape);
    expect(stdout).toContain('✓ verified: every element of C is the sum of its two');
    const job = readdirSync(join(folder, 'tessera-jobs'))[0]!;
    const numbers = (path: string) =>
      readFileSync(path, 'utf8')
        .trimEnd()
        .split('\n')
        .map((row) => row.split(',').map(Number));
    const [a, b] = ['A', 'B'].map((name) => numbers(join(folder, 'tessera-jobs', job, `${name}.csv`)));
    const sum = a!.map((row, i) => row.map((value, j) => value + b![i]![j]!));
    expect(numbers(join(folder, 'C.csv'))).toEqual(sum);
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s in the middle ends it with %i and leaves nothing', async (signal, exitCode) => {
    const child = await begin('Set up in', 'multiply', '3000x3000', '3000x3000', '--out', 'C.npy');
    child.kill(signal);
    expect(await ended(child)).toBe(exitCode);
    expect([made(), clouds()]).toEqual([[], []]);
  });

  test('killed, it takes its cloud along', async () => {
    const child = await begin('Set up in', 'multiply', '3000x3000', '3000x3000', '--out', 'C.npy');
    child.kill('SIGKILL');
    await ended(child);
    await eventually(() => clouds().length === 0);
    expect(existsSync(join(folder, 'C.npy'))).toBe(false);
  });

  test('killed in the middle, it goes on with the tiles that are there, to the same bits', async () => {
    const job = ['multiply', '1000x1000', '1000x1000', '--kernel', 'loops', '--workers', '1', '--memory', '300MiB'];
    const killed = await begin('generate', ...job, '--seed', '7');
    const id = readdirSync(join(folder, 'tessera-jobs'))[0]!;
    const tiles = (of: string) => {
      const chunks = join(folder, 'tessera-jobs', of, 'C.zarr', 'c');
      const files = existsSync(chunks) ? readdirSync(chunks, { recursive: true, encoding: 'utf8' }) : [];
      return files.filter((name) => /^\d+\/\d+$/.test(name)).map((name) => join(chunks, name));
    };
    await eventually(() => tiles(id).length > 0);
    killed.kill('SIGKILL');
    await ended(killed);
    await eventually(() => clouds().length === 0);

    const planned = JSON.parse((await run(...job, '--plan', '--json')).stdout).packages;
    const resumed = await run('--resume', id, '--json');
    expect([resumed.code, resumed.stderr]).toEqual([0, '']);
    const outcome = JSON.parse(resumed.stdout);
    expect(outcome).toMatchObject({ jobId: id, op: 'multiply', seed: 7, verified: { ok: true } });
    expect(outcome.packages + outcome.kept).toBe(planned);
    // Both operands and at least one tile of C were there.
    expect(outcome.kept).toBeGreaterThan(2);
    expect(outcome.packages).toBeLessThan(planned);

    const whole = JSON.parse((await run(...job, '--seed', '7', '--json')).stdout);
    expect(whole).toMatchObject({ packages: planned });
    const bytes = (of: string) =>
      tiles(of)
        .toSorted()
        .map((path) => readFileSync(path));
    expect(bytes(id)).toEqual(bytes(whole.jobId));

    const again = await run('resume', id);
    expect([again.code, again.stdout]).toEqual([0, expect.stringContaining('nothing left to do')]);
    expect(clouds()).toEqual([]);
    // Three real runs, and twice a product by the slowest kernel.
  }, 180_000);

  test('up keeps a fleet that jobs find, env points at it, and down ends it', async () => {
    expect((await run('up', '--workers', '1', '--json')).code).toBe(0);
    try {
      const exports = (await run('env')).stdout;
      expect(exports).toMatch(/^export AWS_ENDPOINT_URL='http:\/\/127\.0\.0\.1:\d+'$/m);
      const { stdout } = await run('add', '20x20');
      expect(stdout).toMatch(/workers +found/);
      const status = JSON.parse((await run('status', '--json')).stdout);
      expect(status.instances.map((instance: { role: string }) => instance.role)).toEqual(['Master', 'Worker']);
    } finally {
      expect(JSON.parse((await run('down', '--json')).stdout)).toMatchObject({ left: 0 });
    }
    expect(clouds()).toEqual([]);
  });
});
