import { BUNDLE_VERSION, PROTOCOL_VERSION, type PackageBody, type Result, type WorkPackage } from '@tessera/protocol';
import { memoryQueues } from '@tessera/queue';
import { describe, expect, it } from 'vitest';
import { NoWorkerError, STRAGGLERS, type PhasePlan } from '../../src/index.ts';
import type { EventBody } from '../../src/run/announcer.ts';
import { Inbox } from '../../src/run/inbox.ts';
import { runStage } from '../../src/run/stage-run.ts';
import { Tally } from '../../src/run/tally.ts';
import { SteppedClock } from './stepped-clock.ts';

const MINUTE = 60_000;

const body: PackageBody = {
  kind: 'generate',
  recipe: { seed: '1', operand: 0, distribution: { kind: 'uniform' } },
  sink: { kind: 'array', array: 'A', row: 0, col: 0, rows: 1, cols: 1 },
};

const side = 20_000;
const piece = { kind: 'array' as const, row: 0, col: 0, rows: side, cols: side };
/** Hours of work. */
const long: PackageBody = {
  kind: 'multiply',
  a: { ...piece, array: 'A' },
  b: { ...piece, array: 'B' },
  c: { ...piece, array: 'C' },
  kStep: side,
};

function phase(name: PhasePlan['phase'], packages: number, of = body): PhasePlan {
  return { phase: name, packages, at: () => of };
}

/** Each package makes a row of C. */
function making(packages: number): PhasePlan {
  const of = (row: number): PackageBody => ({ ...body, sink: { ...piece, array: 'C', row, rows: 1 } }) as PackageBody;
  return { phase: 'compute', packages, at: of };
}

/** Each package reads a row of C. */
function reading(rows: readonly number[]): PhasePlan {
  const of = (index: number): PackageBody => ({
    kind: 'export',
    source: { ...piece, array: 'C', row: rows[index]!, rows: 1 },
    text: 'C',
    part: index,
  });
  return { phase: 'export', packages: rows.length, at: of };
}

/** A stage on a clock that is turned by hand, and whoever answers its packages. */
async function staged(...plans: PhasePlan[]) {
  return stagedWith(() => false, ...plans);
}

/** @param isDone whether an earlier run did a package */
async function stagedWith(isDone: (of: PackageBody) => boolean, ...plans: PhasePlan[]) {
  const clock = new SteppedClock();
  const queues = memoryQueues(clock);
  queues.create('jobs');
  queues.create('answers');
  const [jobs, answers] = await Promise.all([queues.open('jobs'), queues.open('answers')]);
  const events: EventBody[] = [];
  const tally = new Tally();
  const inbox = new Inbox(answers, { clock, warn: () => undefined });
  const phases = plans.map((plan) => ({
    plan,
    plannedMs: plan.cost && 1000 * plan.cost.seconds,
    firstNumber: 0,
    pack: async ({ index }: { index: number | undefined }) => plan.at(index!),
  }));
  const ending = runStage(phases, {
    jobId: 'test-1',
    jobs,
    inbox,
    clock,
    signal: new AbortController().signal,
    stragglers: STRAGGLERS,
    tally,
    workers: 2,
    window: 256,
    emit: (event) => events.push(event),
    settle: async () => undefined,
    warn: () => undefined,
    isDone: async (of) => isDone(of),
    repairsFor: async () => [],
    repaired: () => undefined,
  });
  ending.catch(() => undefined);
  const given = new Map<string, WorkPackage>();
  /** All that was sent since the last call. */
  const take = async () => {
    await clock.settled();
    const ids: string[] = [];
    for (;;) {
      const messages = await jobs.receive({ max: 10, waitSeconds: 0, visibilitySeconds: 12 * 3600 });
      if (messages.length === 0) return ids;
      for (const message of messages) {
        const work = JSON.parse(message.body) as WorkPackage;
        given.set(work.packageId, work);
        ids.push(work.packageId);
      }
    }
  };
  const answer = async (packageId: string, seconds = 1) => {
    const { jobId, attempt } = given.get(packageId)!;
    const result: Result = {
      v: PROTOCOL_VERSION,
      bundle: BUNDLE_VERSION,
      jobId,
      packageId,
      attempt,
      worker: 'i-1/1',
      status: 'done',
      seconds: { read: 0, compute: seconds, write: 0 },
      bytes: { read: 0, written: 0 },
    };
    await answers.send([JSON.stringify(result)]);
    await clock.settled();
  };
  const told = (name: EventBody['event']) => events.flatMap((event) => (event.event === name ? [event] : []));
  const close = () => inbox.close();
  return { clock, ending, take, answer, told, tally, close };
}

describe('a phase that runs beside another', () => {
  it('has its packages sent when the other has one for each worker left, and one worker is known to be free', async () => {
    const { take, answer, close } = await staged(phase('compute', 4), phase('project', 3));
    expect(await take()).toEqual(['compute-0', 'compute-1', 'compute-2', 'compute-3']);
    await answer('compute-2');
    expect(await take()).toEqual([]);
    await answer('compute-0');
    expect(await take()).toEqual(['project-0', 'project-1', 'project-2']);
    close();
  });

  it('has them sent at once where the other has not enough for all workers', async () => {
    const one = await staged(phase('compute', 1), phase('project', 1));
    expect(await one.take()).toEqual(['compute-0', 'project-0']);
    one.close();
    const two = await staged(phase('compute', 2), phase('project', 1));
    expect(await two.take()).toEqual(['compute-0', 'compute-1']);
    two.close();
  });

  it('is told of when a worker was at it, with the time from then on; what it adds is the time after the other', async () => {
    const { clock, ending, take, answer, told, close } = await staged(phase('compute', 2), phase('project', 2));
    await take();
    expect(told('phase:started')).toMatchObject([{ phase: 'compute' }]);
    await clock.pass(10_000);
    await answer('compute-0', 10);
    await take();
    expect(told('phase:started')).toHaveLength(1);
    await clock.pass(3_000);
    await answer('project-0', 2);
    expect(told('phase:started')).toMatchObject([{ phase: 'compute' }, { phase: 'project' }]);
    await clock.pass(1_000);
    await answer('compute-1', 14);
    expect(told('phase:ended')).toMatchObject([{ phase: 'compute', seconds: 14 }]);
    await clock.pass(2_000);
    await answer('project-1', 2);
    const [compute, project] = await ending;
    expect(told('phase:ended')).toMatchObject([{ phase: 'compute' }, { phase: 'project', seconds: 5 }]);
    expect([compute!.seconds, compute!.ownSeconds, project!.seconds, project!.ownSeconds]).toEqual([14, 14, 5, 2]);
    close();
  });

  it('adds no time where it ends before the other, which is over when its own packages are', async () => {
    const { clock, ending, take, answer, told, close } = await staged(phase('compute', 1), phase('project', 1));
    await take();
    await clock.pass(4_000);
    await answer('project-0', 1);
    expect(told('phase:ended')).toMatchObject([{ phase: 'project', seconds: 1 }]);
    await clock.pass(4_000);
    await answer('compute-0', 8);
    const [compute, project] = await ending;
    expect([compute!.ownSeconds, project!.ownSeconds]).toEqual([8, 0]);
    close();
  });

  it('has each package sent when what it reads is made', async () => {
    const { ending, take, answer, close } = await staged(making(4), reading([0, 3, 1, 2]));
    expect(await take()).toEqual(['compute-0', 'compute-1', 'compute-2', 'compute-3']);
    await answer('compute-3');
    await answer('compute-2');
    // One worker is known to be free, but row 0 is not there.
    expect(await take()).toEqual([]);
    await answer('compute-0');
    expect(await take()).toEqual(['export-0', 'export-1']);
    await answer('export-1');
    await answer('export-0');
    expect(await take()).toEqual([]);
    await answer('compute-1');
    expect(await take()).toEqual(['export-2', 'export-3']);
    await answer('export-2');
    await answer('export-3');
    const [compute, exported] = await ending;
    expect([compute!.checks, exported!.checks]).toEqual([[], []]);
    close();
  });

  it('takes no time where an earlier run did its packages, also when those before it are still under way', async () => {
    const { clock, ending, take, answer, told, close } = await stagedWith(
      ({ kind }) => kind === 'export',
      making(2),
      reading([0]),
    );
    await take();
    await answer('compute-0');
    await clock.pass(5_000);
    await answer('compute-1');
    const [compute, exported] = await ending;
    expect(told('phase:ended')).toMatchObject([
      { phase: 'compute', seconds: 5 },
      { phase: 'export', seconds: 0 },
    ]);
    expect([compute!.ownSeconds, exported!.ownSeconds]).toEqual([5, 0]);
    close();
  });

  it('waits for a package that is slow no longer than until another worker has made the same', async () => {
    const rows = Array.from({ length: 12 }, (_, row) => row);
    const { clock, ending, take, answer, tally, close } = await staged(making(12), reading(rows));
    await take();
    for (const row of rows.slice(0, 11)) await answer(`compute-${row}`);
    expect(await take()).toEqual(rows.slice(0, 11).map((row) => `export-${row}`));
    for (const row of rows.slice(0, 11)) await answer(`export-${row}`);
    // The median is a second, and answers have the stage looked at.
    await clock.pass(4_000);
    await answer('export-0');
    expect(await take()).toEqual(['compute-11']);
    expect(tally.retries).toBe(1);
    await answer('compute-11');
    expect(await take()).toEqual(['export-11']);
    await answer('export-11');
    await ending;
    close();
  });

  it('does not keep the stage from noticing that there is no worker, however long its packages take', async () => {
    const cost = { bytesRead: 0, bytesWritten: 0, seconds: 3600 };
    const { clock, ending, close } = await staged(making(2), { ...reading([0, 1]), cost });
    await clock.pass(STRAGGLERS.abandonedMs + 30_000);
    await expect(ending).rejects.toThrow(NoWorkerError);
    close();
  });

  it('is not sent again while the other keeps the fleet silent, and is when that is over', async () => {
    const { clock, ending, take, answer, tally, close } = await staged(phase('compute', 1, long), phase('project', 1));
    await take();
    // Its worker took the check along, and is silent while it computes.
    await clock.pass(60 * MINUTE);
    expect([await take(), tally.retries]).toEqual([[], 0]);
    await answer('compute-0', 3600);
    expect(await take()).toEqual([]);
    await clock.pass(3 * MINUTE);
    expect(await take()).toEqual(['project-0']);
    await answer('project-0');
    await ending;
    close();
  });
});
