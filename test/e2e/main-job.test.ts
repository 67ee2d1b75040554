import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createArray, openArray, wholeRegion } from '@tessera/matrix';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDesk, type Desk } from './cli.ts';

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});
afterEach(async () => {
  await desk[Symbol.asyncDispose]();
});

async function numbers(path: string): Promise<Float64Array> {
  const array = await openArray(path);
  try {
    return (await array.read(wholeRegion(array.shape))).data as Float64Array;
  } finally {
    await array.close();
  }
}

function csv(path: string): number[] {
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .flatMap((line) => line.split(',').map(Number));
}

describe('the main job', () => {
  it('adds, verifies, leaves A, B and C on disk and nothing running', async () => {
    const report = await desk.json('add', '300x200', '--seed', '11');
    expect(report).toMatchObject({
      op: 'add',
      shapes: { A: [300, 200], B: [300, 200], C: [300, 200] },
      dtype: 'float64',
      seed: 11,
      retries: 0,
      verified: { method: 'exact', ok: true },
    });
    const [a, b, c] = await Promise.all([report.outputs.A, report.outputs.B, report.outputs.C].map(numbers));
    expect(c!.every((element, index) => element === a![index]! + b![index]!)).toBe(true);
    expect(desk.processes()).toEqual([]);
    expect(readdirSync(desk.folder).toSorted()).toEqual(['state dir', 'tessera-jobs']);
  });

  it('gives the same C as .npy, .csv and .zarr for the same seed', async () => {
    for (const out of ['C.npy', 'C.csv', 'C.zarr'])
      await desk.json('multiply', '150x90', '90x110', '--seed', '5', '--out', out);
    const npy = [...(await numbers(desk.path('C.npy')))];
    expect([...(await numbers(desk.path('C.zarr')))]).toEqual(npy);
    expect(csv(desk.path('C.csv'))).toEqual(npy);
  });

  it('multiplies files of different kinds', async () => {
    const a = await createArray(desk.path('A.npy'), { shape: [3, 2], dtype: 'float64' });
    await a.write(wholeRegion([3, 2]), {
      dtype: 'float64',
      rows: 3,
      cols: 2,
      data: new Float64Array([1, 2, 3, 4, 5, 6]),
    });
    await a.close();
    writeFileSync(desk.path('B.csv'), '\uFEFFx,y\r\n1,0\r\n0.5,-1e2\r\n\r\n');
    const report = await desk.json('multiply', 'A.npy', 'B.csv', '--out', 'C.csv');
    expect(report.outputs).toEqual({ A: desk.path('A.npy'), B: desk.path('B.csv'), C: desk.path('C.csv') });
    expect(readFileSync(desk.path('C.csv'), 'utf8')).toBe('2,-200\n5,-400\n8,-600\n');
  });

  it('prints plain lines into a pipe', async () => {
    const { code, stdout, stderr } = await desk.run('add', '10x10');
    expect(code).toBe(0);
    // oxlint-disable-next-line no-control-regex -- escape codes and carriage returns are what must not be there
    expect(stdout + stderr).not.toMatch(/[\u001B\r]/);
    expect(stdout).toContain('verified');
  });
});

describe('bad input', () => {
  it.each([
    [['add', '1000'], "'1000' is not a shape"],
    [['multiply', '3x4', '5x6'], 'as many columns in A as rows in B'],
    [['add', 'none.npy', '3x3'], 'no such file'],
    [['add', '3x3', '--out', 'nowhere/C.npy'], 'does not exist'],
  ])('%j is one clear line and exit code 2, and nothing is started', async (args, words) => {
    const { code, stdout, stderr } = await desk.run(...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toContain(words);
    expect(existsSync(desk.path('tessera-jobs'))).toBe(false);
  });
});

describe('stopping', () => {
  it('by Ctrl-C in the middle leaves nothing running, no result, and exit code 130', async () => {
    const job = desk.start('multiply', '3000x3000', '3000x3000', '--kernel', 'loops', '--out', 'C.npy');
    await job.printed('generate');
    job.child.kill('SIGINT');
    expect((await job.finished).code).toBe(130);
    expect(desk.processes()).toEqual([]);
    expect(readdirSync(desk.folder).filter((name) => name.includes('C'))).toEqual([]);
  });

  it('by kill -9 of the CLI ends cloud, instances and directories too', async () => {
    const job = desk.start('multiply', '3000x3000', '3000x3000', '--kernel', 'loops');
    await job.printed('generate');
    job.child.kill('SIGKILL');
    await job.finished;
    await expect.poll(() => desk.processes(), { timeout: 20_000 }).toEqual([]);
  });
});

describe('a fleet that is kept', () => {
  it('is found again, does two jobs at once, and is gone after down', async () => {
    expect((await desk.run('up', '--workers', '2')).code).toBe(0);
    await expect.poll(() => desk.processes('--kernel'), { timeout: 20_000 }).toHaveLength(2);
    const workers = desk.processes('--kernel');
    const [sum, product] = await Promise.all([
      desk.json('add', '400x300', '--seed', '1'),
      desk.json('multiply', '200x150', '150x100', '--seed', '2'),
    ]);
    expect(sum).toMatchObject({ verified: { ok: true } });
    expect(product).toMatchObject({ verified: { ok: true } });
    expect(sum['jobId']).not.toBe(product['jobId']);
    expect(desk.processes('--kernel')).toEqual(workers);
    const status = await desk.run('status');
    expect(status.code).toBe(0);
    expect(status.stdout).toMatch(/Worker/i);
    expect((await desk.run('down', '--terminate')).code).toBe(0);
    await expect.poll(() => desk.processes(), { timeout: 10_000 }).toEqual([]);
  });

  it('is completed by a second up where the first was interrupted, which says so', async () => {
    const first = desk.start('up', '--workers', '5');
    await first.printed('created');
    first.child.kill('SIGINT');
    const { code, stdout, stderr } = await first.finished;
    expect(code).toBe(130);
    expect(stdout + stderr).toContain('`up` completes it');
    expect(await desk.json('up', '--workers', '5')).toMatchObject({ workers: { length: 5 } });
    expect((await desk.run('down', '--terminate')).code).toBe(0);
    await expect.poll(() => desk.processes(), { timeout: 10_000 }).toEqual([]);
  });
});
