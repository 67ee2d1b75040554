import { CorruptTileError, memoryStore, type ChunkedArray, type MatrixArray } from '@tessera/matrix';
import {
  BUNDLE_VERSION,
  jobKey,
  jobQueueName,
  PROTOCOL_VERSION,
  resultQueueName,
  type Result,
  type WorkPackage,
} from '@tessera/protocol';
import { systemClock } from '@tessera/protocol/system-clock';
import { memoryQueues } from '@tessera/queue';
import { describe, expect, it } from 'vitest';
import { planJob, runJob, type Plan } from '../../src/index.ts';
import { jobOf } from '../plan/job-of.ts';

const piece = (array: string, row: number, rows: number) =>
  ({ kind: 'array', array, row, col: 0, rows, cols: 4 }) as const;
const half = (row: number) => ({ a: piece('A', row, 2), b: piece('B', row, 2), c: piece('C', row, 2) });
const job = jobOf('add', [4, 4], [4, 4], { exports: ['C'] });

/** A sum of one package and two checks, each of which looks at half of what it makes, and a text of both halves. */
const plan: Plan = {
  ...planJob(job),
  created: [],
  inline: false,
  phases: [
    {
      phase: 'compute',
      packages: 1,
      at: () => ({ kind: 'add', a: piece('A', 0, 4), b: piece('B', 0, 4), c: piece('C', 0, 4) }),
    },
    {
      phase: 'verify',
      packages: 2,
      at: (index) => ({ kind: 'verify', check: { step: 'elements', ...half(2 * index) } }),
      checks: () => [0],
    },
    {
      phase: 'export',
      packages: 1,
      at: () => ({ kind: 'export', source: piece('C', 0, 4), text: 'C', part: 0 }),
    },
  ],
};

/**
 * Runs it with workers that are played here.
 * @param damagedAt the package that finds C damaged, the first time that it is tried
 * @param isRight what a check of these rows finds, by the number of times that C was made by then
 */
async function played(damagedAt: string, isRight: (made: number, rows: string) => boolean) {
  const queues = memoryQueues(systemClock);
  queues.create(jobQueueName('default'));
  queues.create(resultQueueName(job.jobId));
  const [jobs, answers] = await Promise.all([
    queues.open(jobQueueName('default')),
    queues.open(resultQueueName(job.jobId)),
  ]);
  let made = 0;
  let isDamaged = false;
  const c: Partial<ChunkedArray> = {
    chunk: [4, 4],
    readChunk: async () => {
      if (isDamaged) throw new CorruptTileError('file:///w/C.zarr', [0, 0], 'for this test');
      return new Uint8Array() as never;
    },
    writeChunk: async () => undefined,
    close: async () => undefined,
  };
  const objects = memoryStore();
  const stop = new AbortController();
  const taken: { id: string; kind: string; rows: string; notBy: readonly string[] }[] = [];
  const work = async () => {
    while (!stop.signal.aborted) {
      const messages = await jobs.receive({ max: 1, waitSeconds: 1, visibilitySeconds: 60, signal: stop.signal });
      for (const { body, receipt } of messages) {
        const { packageId, attempt, ...rest } = JSON.parse(body) as WorkPackage;
        const check = rest.kind === 'verify' && rest.check.step === 'elements' ? rest.check.c : undefined;
        const rows = check?.kind === 'array' ? `${check.row}-${check.row + check.rows}` : '';
        const notBy = (rest as { notBy?: string[] }).notBy ?? [];
        taken.push({ id: packageId, kind: rest.kind, rows, notBy });
        const isFirst = taken.filter(({ id }) => id === packageId).length === 1;
        if (rest.kind === 'add') {
          made++;
          isDamaged = false;
        }
        const worker = rest.kind === 'add' ? `i-${made}/1` : 'i-9/1';
        const said = {
          v: PROTOCOL_VERSION,
          bundle: BUNDLE_VERSION,
          jobId: job.jobId,
          packageId,
          attempt,
          worker,
        } as const;
        if (packageId === damagedAt && isFirst) {
          isDamaged = true;
          const error = { tag: 'CorruptTileError', message: 'for this test' };
          await answers.send([JSON.stringify({ ...said, status: 'failed', error })]);
        } else {
          const done: Result = {
            ...said,
            status: 'done',
            seconds: { read: 0, compute: 0, write: 0 },
            bytes: { read: 0, written: 0 },
            ...(check ? { check: { ok: isRight(made, rows), worst: 0, where: null, nonFinite: false } } : {}),
          };
          await answers.send([JSON.stringify(done)]);
        }
        await jobs.delete([receipt]);
      }
    }
  };
  const working = work().catch((error: unknown) => {
    if (!stop.signal.aborted) throw error;
  });
  const report = await runJob(job, {
    openQueue: queues.open,
    objects,
    createArray: () => Promise.reject(new Error('nothing is to be made')),
    openArray: async () => c as MatrixArray,
    clock: systemClock,
    signal: AbortSignal.timeout(20_000),
    emit: () => undefined,
    warn: () => undefined,
    plan: () => plan,
  });
  stop.abort();
  await working;
  const certificate = await objects.get(jobKey(job.jobId, 'certificate'));
  const checks = certificate
    ? (JSON.parse(new TextDecoder().decode(certificate)) as { verification: { checks: { packageId: string }[] } })
        .verification.checks
    : [];
  return { report, taken, checks: checks.map(({ packageId }) => packageId).sort() };
}

describe('what is made again after it was checked', () => {
  it.each(['verify-1', 'export-0'])('is checked again, by others than made it, when %s finds damage', async (at) => {
    const { report, taken, checks } = await played(at, () => true);
    expect(report.error).toBeUndefined();
    expect(report).toMatchObject({ status: 'done', verified: { ok: true } });
    expect(taken.filter(({ kind }) => kind === 'add')).toHaveLength(2);
    // Who made C is the only worker that answered by then, of two that the fleet should have.
    expect(taken.find(({ id }) => id === 'verify-0')!.notBy).toEqual(['i-1/1']);
    const again = taken.filter(({ id }) => id === 'verify-2' || id === 'verify-3');
    expect(again.map(({ rows }) => rows).sort()).toEqual(['0-2', '2-4']);
    expect(again.flatMap(({ notBy }) => notBy)).toEqual(['i-2/1', 'i-2/1']);
    // The certificate tells of the last checks.
    expect(checks).toEqual(['verify-2', 'verify-3']);
  });

  it.each(['verify-1', 'export-0'])('fails the job where it is wrong then: %s', async (at) => {
    const { report } = await played(at, (made, rows) => made === 1 || rows !== '0-2');
    expect(report).toMatchObject({ status: 'failed', verified: { ok: false }, error: { tag: 'WrongResultError' } });
  });
});
