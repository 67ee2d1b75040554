import fc from 'fast-check';
import type { JobSpec, OperandSpec, Shape } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { planJob, PlanDoesNotFitError, type Plan } from '../../src/index.ts';
import { SMALL_WORKER_BYTES } from '../../src/operations/summation.ts';
import { jobOf, MIB } from './job-of.ts';
import { asTaken, multiplies, type Multiply } from './multiplies.ts';

/** Where the sums of a product's elements and the calls that make them begin: everything that its bits follow from. */
function sums(plan: Plan) {
  const ranges = new Set<string>();
  const [{ cell }] = multiplies(plan) as [Multiply];
  for (const body of multiplies(plan)) {
    const { c, kStep, kRange } = body;
    if (c.kind !== 'array') throw new Error('not an array');
    expect(body).toMatchObject({ cell });
    expect([c.row % cell!.rows, c.col % cell!.cols]).toEqual([0, 0]);
    const left = asTaken(body.a, body.transA);
    const size = kRange ?? left.cols;
    for (const length of [kStep, size]) expect(length % cell!.k === 0 || length >= left.cols).toBe(true);
    // A range is so many steps, which are the chunks of what is made for the job.
    if (kRange !== undefined) expect(kRange % kStep).toBe(0);
    for (let from = 0; from < left.cols; from += size)
      ranges.add(`${left.col + from} to ${left.col + Math.min(left.cols, from + size)}`);
  }
  return { cell, ranges: [...ranges].toSorted() };
}

/** @returns nothing where no worker has enough memory */
function planOrNothing(job: JobSpec): Plan | undefined {
  try {
    return planJob(job);
  } catch (error) {
    if (error instanceof PlanDoesNotFitError) return undefined;
    throw error;
  }
}

interface Task {
  readonly op: 'multiply' | 'gram';
  readonly dtype: JobSpec['dtype'];
  readonly m: number;
  readonly k: number;
  readonly n: number;
  /** Chunks of A and of B, where they are stored. */
  readonly A: Shape | undefined;
  readonly B: Shape | undefined;
}

interface Fleet {
  readonly workers: number;
  readonly memoryBytes: number;
  readonly flopsPerSecond: number;
}

function jobFor({ op, dtype, m, k, n, A, B }: Task, { workers, memoryBytes, flopsPerSecond }: Fleet): JobSpec {
  const fleet = { workers, memoryBytes, cores: 1, rates: { flopsPerSecond } };
  const given =
    op === 'gram'
      ? jobOf('gram', [k, m], [k, m], { fleet, dtype })
      : jobOf('multiply', [m, k], [k, n], { fleet, dtype });
  const stored = (operand: OperandSpec, chunk: Shape | undefined): OperandSpec => {
    if (!chunk) return operand;
    const fitting = [Math.min(chunk[0], operand.shape[0]), Math.min(chunk[1], operand.shape[1])] as const;
    return { kind: 'array', url: 'file:///w/X.zarr', dtype, shape: operand.shape, chunk: fitting };
  };
  return { ...given, operands: { ...given.operands, A: stored(given.operands.A, A), B: stored(given.operands.B, B) } };
}

const edge = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 9000 }),
  fc.constantFrom(1, 997, 1009, 1023, 1024, 1025, 7919),
  fc.integer({ min: 1, max: 30_000 }),
);
const depth = fc.oneof(edge, fc.integer({ min: 1, max: 1_000_000 }));
const chunk = fc.option(fc.tuple(edge, edge), { nil: undefined });
const task: fc.Arbitrary<Task> = fc.record({
  op: fc.constantFrom('multiply' as const, 'gram' as const),
  dtype: fc.constantFrom('float64' as const, 'float32' as const),
  m: edge,
  k: depth,
  n: edge,
  A: chunk,
  B: chunk,
});
const fleetOf = (mib: fc.Arbitrary<number>): fc.Arbitrary<Fleet> =>
  fc.record({
    workers: fc.integer({ min: 1, max: 1024 }),
    memoryBytes: mib.map((size) => size * MIB),
    flopsPerSecond: fc.constantFrom(1e9, 20e9, 500e9),
  });
const fleet = fleetOf(fc.oneof(fc.constant(SMALL_WORKER_BYTES / MIB), fc.integer({ min: 512, max: 65_536 })));

describe('the sums of a product', () => {
  it('are the same for any fleet, whatever the number, speed and memory of its workers, but for small ones', () => {
    fc.assert(
      fc.property(task, fleet, fleet, (given, one, other) => {
        const [first, second] = [planOrNothing(jobFor(given, one)), planOrNothing(jobFor(given, other))];
        if (first && second) expect(sums(second)).toEqual(sums(first));
      }),
      { numRuns: 200 },
    );
  });

  it('are the same for small workers of one memory, whatever their number and speed', () => {
    const pair = fc.tuple(fleetOf(fc.constant(0)), fleetOf(fc.constant(0)), fc.integer({ min: 300, max: 511 }));
    fc.assert(
      fc.property(task, pair, (given, [one, other, mib]) => {
        const memoryBytes = mib * MIB;
        const [first, second] = [one, other].map((each) => planOrNothing(jobFor(given, { ...each, memoryBytes })));
        expect(first === undefined).toBe(second === undefined);
        if (first && second) expect(sums(second)).toEqual(sums(first));
      }),
      { numRuns: 60 },
    );
  });

  it('have cells that fit the smallest worker that is not small, where nothing is stored yet', () => {
    fc.assert(
      fc.property(task, fleet, (given, any) => {
        const made = { ...given, A: undefined, B: undefined };
        expect(() => planJob(jobFor(made, { ...any, memoryBytes: SMALL_WORKER_BYTES }))).not.toThrow();
      }),
      { numRuns: 100 },
    );
  });

  it('do not follow from long stored chunks that only some fleets have memory for', () => {
    const given: Task = {
      op: 'multiply',
      dtype: 'float64',
      m: 2000,
      k: 32_000,
      n: 2000,
      A: [250, 16_000],
      B: [16_000, 250],
    };
    const of = (workers: number, mib: number) =>
      sums(planJob(jobFor(given, { workers, memoryBytes: mib * MIB, flopsPerSecond: 50e9 })));
    expect(of(16, 700)).toEqual(of(2, 2048));
    expect(of(32, 512)).toEqual(of(2, 2048));
  });
});
