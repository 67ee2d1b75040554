import { BUNDLE_VERSION, JobSpec, PROTOCOL_VERSION, type Report } from '@tessera/protocol';
import { describe, expect, test } from 'vitest';
import type { JobOptions } from '../src/arguments/command.ts';
import { failureOf } from '../src/fail.ts';
import { InterruptedError, JobFailedError, UsageError } from '../src/errors.ts';
import type { Operand } from '../src/input/operand.ts';
import type { Output } from '../src/input/output.ts';
import { bucketPlaces, localPlaces } from '../src/input/places.ts';
import { checkSpace } from '../src/input/space.ts';
import { awaitReport } from '../src/job/await-report.ts';
import { isTiny, localFleetSize } from '../src/job/fleet-size.ts';
import { makeOutcome } from '../src/job/outcome.ts';
import type { JobRecord } from '../src/job/record.ts';
import { makeRequest, spaceNeeds, type JobRequest } from '../src/job/request.ts';
import { makeSpec } from '../src/job/spec.ts';
import { readSettings } from '../src/settings.ts';
import { BUNDLE_VERSION as OWN_VERSION } from '../src/version.ts';
import { callersFolder } from '../src/world.ts';

const OPTIONS: JobOptions = {
  out: undefined,
  dtype: undefined,
  seed: undefined,
  integers: undefined,
  memoryBytes: undefined,
  kernel: 'auto',
  verifyRounds: 2,
  transposeA: false,
  transposeB: false,
  alpha: undefined,
  beta: undefined,
  add: undefined,
};
const random = (rows: number, cols: number): Operand => ({ kind: 'random', shape: [rows, cols] });
const file = (dtype: 'float64' | 'float32'): Operand => ({
  kind: 'array',
  shape: [10, 10],
  dtype,
  url: 'file:///data/A.npy',
});
const output = (name: string): Output => ({
  format: name.slice(name.indexOf('.') + 1) as Output['format'],
  path: `/out/${name}`,
  folder: '/out',
  name,
});
const JOB = '20260102-030405-abcde';

describe('requests', () => {
  const request = (a: Operand, b: Operand, options: Partial<JobOptions> = {}) =>
    makeRequest('add', { A: a, B: b }, { ...OPTIONS, ...options }, undefined, () => 0.5);

  test('compute in float32 only when all operands are float32 files, or when told to', () => {
    expect(request(file('float32'), file('float32')).dtype).toBe('float32');
    expect(request(file('float32'), file('float64')).dtype).toBe('float64');
    expect(request(file('float32'), random(10, 10)).dtype).toBe('float64');
    expect(request(random(10, 10), random(10, 10), { dtype: 'float32' }).dtype).toBe('float32');
  });

  test('have a seed exactly when something is random', () => {
    expect(request(random(10, 10), file('float64')).seed).toBe(String(2 ** 31));
    expect(request(random(10, 10), random(10, 10), { seed: '7' }).seed).toBe('7');
    expect(request(file('float64'), file('float64')).seed).toBeUndefined();
  });

  test('refuse shapes that do not fit and kernels that do not compute the type', () => {
    expect(() => request(random(2, 3), random(3, 2))).toThrow(/same shape/);
    expect(() => request(random(2, 2), random(2, 2), { kernel: 'gpu' })).toThrow(/--dtype float32/);
  });

  test('know what they write, and where', () => {
    const needs = (out: Output | undefined) =>
      spaceNeeds(
        makeRequest('add', { A: random(10, 10), B: random(10, 10) }, OPTIONS, out, () => 0),
        '/w',
      );
    expect(needs(undefined)).toEqual([{ folder: '/w', bytes: 3 * 800 }]);
    expect(needs(output('C.npy'))).toEqual([
      { folder: '/w', bytes: 2 * 800 },
      { folder: '/out', bytes: 800 },
    ]);
    expect(needs(output('C.csv'))).toEqual([
      { folder: '/w', bytes: 3 * 800 + 3 * 2000 },
      { folder: '/out', bytes: 2000 },
    ]);
  });

  test('a disk is asked once for all that goes to it', async () => {
    const needs = [
      { folder: '/w', bytes: 60 },
      { folder: '/out', bytes: 60 },
    ];
    const disk = (device: (folder: string) => number) => async (folder: string) => ({
      device: device(folder),
      freeBytes: 100,
    });
    await checkSpace(
      needs,
      disk((folder) => folder.length),
    );
    await expect(
      checkSpace(
        needs,
        disk(() => 1),
      ),
    ).rejects.toThrow(/need 120 B on the disk of \/out, which has 100 B free/);
  });
});

describe('job specifications', () => {
  const spec = (out: Output | undefined, [A, B]: readonly [Operand, Operand] = [random(20, 20), random(20, 20)]) => {
    const request = makeRequest('multiply', { A, B }, { ...OPTIONS, seed: '7' }, out, () => 0);
    const fleet = { workers: 2, memoryBytes: 1e9, threads: 1 };
    const names = { jobId: JOB, cluster: 'default' };
    const local = makeSpec(request, localPlaces('/my work', JOB, out), fleet, names);
    const aws = makeSpec(request, bucketPlaces('bucket', JOB, out), fleet, names);
    for (const made of [local, aws]) expect(JobSpec.parse(made)).toEqual(made);
    return { local, aws };
  };
  const workspace = `file:///my%20work/tessera-jobs/${JOB}`;

  test('without --out everything is Zarr in the workspace', () => {
    const { local, aws } = spec(undefined);
    expect(local).toMatchObject({ workspace, output: { url: `${workspace}/C.zarr` }, exports: [] });
    expect(local.operands.A).toMatchObject({ url: `${workspace}/A.zarr`, recipe: { seed: '7', operand: 0 } });
    expect(local.operands.B).toMatchObject({ url: `${workspace}/B.zarr`, recipe: { seed: '7', operand: 1 } });
    expect(aws.output.url).toBe(`s3://bucket/jobs/${JOB}/C.zarr`);
  });

  test('.npy is written beside its place, and random operands are .npy too', () => {
    const { local, aws } = spec(output('C.npy'));
    expect(local.output.url).toBe(`file:///out/.C.npy.${JOB}.partial.npy`);
    expect(local.operands.A).toMatchObject({ url: `${workspace}/A.npy` });
    expect(aws.output.url).toBe(`s3://bucket/jobs/${JOB}/C.zarr`);
  });

  test('.csv is exported from the workspace, random operands with it, files not', () => {
    expect(spec(output('C.csv')).local).toMatchObject({
      output: { url: `${workspace}/C.zarr` },
      exports: ['A', 'B', 'C'],
    });
    expect(spec(output('C.csv.gz'), [file('float64'), random(10, 10)]).local.exports).toEqual(['B', 'C']);
    expect(spec(output('C.csv')).aws.exports).toEqual(['C']);
  });
});

describe('fleets on this machine', () => {
  const machine = { cores: 8, availableBytes: 16e9 };
  test('share half of the free memory and the cores, at most 2 GiB each', () => {
    expect(localFleetSize(machine, { workers: 8, memoryBytes: undefined })).toEqual({
      workers: 8,
      memoryBytes: 1e9,
      threads: 1,
    });
    expect(localFleetSize(machine, { workers: 2, memoryBytes: undefined })).toEqual({
      workers: 2,
      memoryBytes: 2 * 1024 ** 3,
      threads: 4,
    });
  });
  test('one worker does what is tiny; memory that was asked for comes first', () => {
    expect(isTiny('add', { A: [100, 100], B: [100, 100], C: [100, 100] })).toBe(true);
    expect(isTiny('add', { A: [1000, 1000], B: [1000, 1000], C: [1000, 1000] })).toBe(false);
    expect(isTiny('multiply', { A: [3, 1_000_000], B: [1_000_000, 3], C: [3, 3] })).toBe(false);
    expect(localFleetSize(machine, { workers: 5, memoryBytes: 7 })).toMatchObject({ workers: 5, memoryBytes: 7 });
  });
});

const REPORT: Report = {
  v: PROTOCOL_VERSION,
  jobId: JOB,
  op: 'add',
  status: 'done',
  shapes: { A: [2, 2], B: [2, 2], C: [2, 2] },
  dtype: 'float64',
  workers: 1,
  packages: 3,
  retries: 0,
  duplicates: 0,
  seconds: { plan: 0.01, send: 0.02, compute: 0.03, collect: 0.04, verify: 0.05, finish: 0.06 },
  bytes: { read: 1, written: 2 },
  kernel: null,
  byWorker: {},
  verified: { method: 'exact', ok: true, rounds: 1 },
};

const recordOf = (request: JobRequest): JobRecord => ({
  ...makeSpec(
    request,
    localPlaces('/w', JOB, undefined),
    { workers: 2, memoryBytes: 1e9, threads: 1 },
    { jobId: JOB, cluster: 'default' },
  ),
  home: { out: null, given: { A: null, B: null } },
});

describe('reports', () => {
  const source = (texts: (string | undefined)[], ends: ({ detail: string; stderr: string } | undefined)[] = []) => {
    let now = 0;
    return {
      read: async () => texts.shift(),
      ended: async () => ends.shift(),
      pause: async (ms: number) => void (now += ms),
      now: () => now,
    };
  };

  test('are waited for', async () => {
    expect(await awaitReport(JOB, source([undefined, undefined, JSON.stringify(REPORT)]))).toEqual(REPORT);
  });

  test('that were stored just before the master ended are found', async () => {
    let stored: string | undefined;
    const waiting = {
      ...source([]),
      read: async () => stored,
      async ended() {
        stored = JSON.stringify(REPORT);
        return { detail: 'Success', stderr: '' };
      },
    };
    expect(await awaitReport(JOB, waiting)).toEqual(REPORT);
  });

  test('of a master that ended without one are not waited for', async () => {
    const end = { detail: 'Failed', stderr: 'at start\nmaster: no such bucket\n' };
    await expect(awaitReport(JOB, source([], [undefined, end]))).rejects.toThrow(
      `job ${JOB} failed: the master ended (Failed) without a report: master: no such bucket`,
    );
  });

  test('and what the CLI measured make the document that --json prints', () => {
    const request = makeRequest(
      'add',
      { A: random(2, 2), B: random(2, 2) },
      { ...OPTIONS, seed: '7' },
      undefined,
      () => 0,
    );
    const own = { total: 1.23456, start: 0.2, reported: 1, finish: 0.01 };
    const outputs = { A: '/a', B: '/b', C: '/c' };
    const facts = { workers: 2, outputs, planned: undefined };
    const outcome = makeOutcome(recordOf(request), REPORT, own, facts);
    expect(Object.keys(outcome)).toEqual([
      'jobId',
      'op',
      'shapes',
      'dtype',
      'seed',
      'kernel',
      'workers',
      'packages',
      'retries',
      'seconds',
      'bytes',
      'verified',
      'outputs',
    ]);
    expect(outcome).toMatchObject({
      seed: 7,
      kernel: null,
      workers: 2,
      seconds: { total: 1.2346, start: 0.2, provision: 0.85, finish: 0.07 },
      outputs,
    });
    const large = makeRequest(
      'add',
      { A: random(2, 2), B: random(2, 2) },
      { ...OPTIONS, seed: '18446744073709551615' },
      undefined,
      () => 0,
    );
    expect(makeOutcome(recordOf(large), REPORT, own, facts).seed).toBe('18446744073709551615');
  });
});

describe('failures', () => {
  test('become one line and an exit code', () => {
    expect(failureOf(new UsageError('bad\n thing'), true)).toEqual({ exitCode: 2, line: 'tessera: bad thing' });
    expect(failureOf(new InterruptedError('SIGTERM'), false)).toEqual({ exitCode: 143, line: 'tessera: terminated' });
    expect(failureOf(new JobFailedError(JOB, 'no', { packageId: 'compute-1', logs: '/l' }), false)).toEqual({
      exitCode: 1,
      line: `tessera: job ${JOB} failed at package compute-1: no; its log is in /l`,
    });
  });

  test('that nobody expected show their stack only when asked', () => {
    expect(failureOf(new TypeError('oops'), false)).toEqual({
      exitCode: 1,
      line: 'tessera: oops (unexpected; --verbose shows where)',
    });
    expect(failureOf(new TypeError('oops', { cause: new Error('why') }), true).stack).toContain('caused by Error: why');
    expect(failureOf('text', false).exitCode).toBe(1);
  });
});

describe('the environment', () => {
  test('says where state lies and whether there are colours', () => {
    expect(readSettings({ TESSERA_HOME: '/t' }, true)).toEqual({ stateRoot: '/t', color: true });
    expect(readSettings({ XDG_STATE_HOME: '/s', NO_COLOR: '1' }, true)).toEqual({
      stateRoot: '/s/tessera',
      color: false,
    });
    expect(readSettings({ XDG_STATE_HOME: 'relative' }, false).stateRoot).toMatch(/\.local\/state\/tessera$/);
    expect(readSettings({ TERM: 'dumb' }, true).color).toBe(false);
  });

  test('says where the person called from, which pnpm changes', () => {
    expect(callersFolder({ INIT_CWD: '/home/me' }, '/repo/packages/cli')).toBe('/home/me');
    expect(callersFolder({}, '/here')).toBe('/here');
  });
});

test('the version that is printed is the one that messages carry', () => {
  expect(OWN_VERSION).toBe(BUNDLE_VERSION);
});
