import fc from 'fast-check';
import {
  BUNDLE_VERSION,
  PROTOCOL_VERSION,
  WorkPackage,
  type JobSpec,
  type PackageBody,
  type Shape,
} from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { planJob, PlanDoesNotFitError, type Plan } from '../../src/index.ts';

const MIB = 1024 * 1024;

function job(op: JobSpec['op'], shapeA: Shape, shapeB: Shape, rest: Partial<JobSpec> = {}): JobSpec {
  const recipe = (operand: number) => ({ seed: '1', operand, distribution: { kind: 'uniform' as const } });
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: 'test-1',
    cluster: 'default',
    op,
    operands: {
      A: { kind: 'random', shape: shapeA, recipe: recipe(0), url: 'file:///w/A.zarr' },
      B: { kind: 'random', shape: shapeB, recipe: recipe(1), url: 'file:///w/B.zarr' },
    },
    dtype: 'float64',
    kernel: 'auto',
    fleet: { workers: 2, memoryBytes: 1024 * MIB, cores: 1 },
    workspace: 'file:///w',
    output: { url: 'file:///w/C.zarr' },
    exports: [],
    verify: { rounds: 2 },
    ...rest,
  };
}

function packagesOf(plan: Plan, phase: string): PackageBody[] {
  return plan.phases
    .filter((entry) => entry.phase === phase)
    .flatMap((entry) => Array.from({ length: entry.packages }, (_, index) => entry.at(index)));
}

/** Adds each package's piece of C to a map of covered elements, and checks that it lies on whole chunks. */
function coverage(plan: Plan, packages: PackageBody[], array: string): Map<string, number> {
  const { shape, chunk } = plan.arrays[array]!;
  const covered = new Map<string, number>();
  for (const body of packages) {
    const sink = 'c' in body ? body.c : 'sink' in body ? body.sink : undefined;
    if (sink?.kind !== 'array' || sink.array !== array) continue;
    expect([sink.row % chunk[0], sink.col % chunk[1]]).toEqual([0, 0]);
    expect(sink.row + sink.rows === shape[0] || sink.rows % chunk[0] === 0).toBe(true);
    expect(sink.col + sink.cols === shape[1] || sink.cols % chunk[1] === 0).toBe(true);
    for (let row = sink.row; row < sink.row + sink.rows; row += chunk[0]) {
      for (let col = sink.col; col < sink.col + sink.cols; col += chunk[1]) {
        const key = `${row},${col}`;
        covered.set(key, (covered.get(key) ?? 0) + 1);
      }
    }
  }
  return covered;
}

function chunkCount(plan: Plan, array: string): number {
  const { shape, chunk } = plan.arrays[array]!;
  return Math.ceil(shape[0] / chunk[0]) * Math.ceil(shape[1] / chunk[1]);
}

const size = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 9_000 }),
  fc.constantFrom(1, 1023, 1024, 1025, 7919),
);
const workers = fc.integer({ min: 1, max: 64 });
const memory = fc.integer({ min: 200, max: 4096 }).map((mib) => mib * MIB);

describe('the plan of an addition', () => {
  it('writes every chunk of A, B and C exactly once and checks each', () => {
    fc.assert(
      fc.property(size, size, workers, (rows, cols, count) => {
        const plan = planJob(
          job('add', [rows, cols], [rows, cols], { fleet: { workers: count, memoryBytes: 1024 * MIB, cores: 1 } }),
        );
        for (const [array, phase] of [
          ['A', 'generate'],
          ['B', 'generate'],
          ['C', 'compute'],
        ] as const) {
          const covered = coverage(plan, packagesOf(plan, phase), array);
          expect(covered.size).toBe(chunkCount(plan, array));
          expect([...covered.values()].every((times) => times === 1)).toBe(true);
        }
        expect(packagesOf(plan, 'verify')).toHaveLength(packagesOf(plan, 'compute').length);
      }),
      { numRuns: 60 },
    );
  });
});

describe('the plan of a product', () => {
  it('writes every chunk of C once, sums each element of k once, in order, and fits the memory it was given', () => {
    fc.assert(
      fc.property(size, size, size, workers, memory, (m, k, n, count, memoryBytes) => {
        const plan = planJob(job('multiply', [m, k], [k, n], { fleet: { workers: count, memoryBytes, cores: 1 } }));
        expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(memoryBytes);
        const compute = packagesOf(plan, 'compute');
        const final = packagesOf(plan, 'reduce');
        const covered = coverage(plan, final.length > 0 ? final : compute, 'C');
        expect(covered.size).toBe(chunkCount(plan, 'C'));
        expect([...covered.values()].every((times) => times === 1)).toBe(true);
        const kOf = new Map<string, number>();
        for (const body of compute) {
          if (body.kind !== 'multiply' || body.a.kind !== 'array' || body.b.kind !== 'array' || body.c.kind !== 'array')
            throw new Error('not arrays');
          expect([body.a.cols, body.a.col, body.a.rows, body.b.cols]).toEqual([
            body.b.rows,
            body.b.row,
            body.c.rows,
            body.c.cols,
          ]);
          expect([body.a.row, body.b.col]).toEqual([body.c.row, body.c.col]);
          const key = `${body.c.row},${body.c.col}`;
          kOf.set(key, (kOf.get(key) ?? 0) + body.a.cols);
        }
        expect([...kOf.values()].every((sum) => sum === k)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  it('gives a check the packages whose blocks it looks at, and together all of them', () => {
    const plan = planJob(
      job('multiply', [5000, 700], [700, 4000], { fleet: { workers: 4, memoryBytes: 400 * MIB, cores: 1 } }),
    );
    const verify = plan.phases.find((entry) => entry.phase === 'verify')!;
    const compute = plan.phases.find((entry) => entry.phase === 'compute')!;
    const seen = new Set<number>();
    for (let index = 0; index < verify.packages; index++) for (const at of verify.checks!(index)) seen.add(at);
    expect(seen.size).toBe(compute.packages);
  });

  it('splits k when C is too small to feed the fleet', () => {
    const plan = planJob(
      job('multiply', [100, 1_000_000], [1_000_000, 100], { fleet: { workers: 8, memoryBytes: 1024 * MIB, cores: 1 } }),
    );
    expect(packagesOf(plan, 'compute').length).toBeGreaterThanOrEqual(8);
    expect(packagesOf(plan, 'reduce').length).toBeGreaterThan(0);
  });

  it('refuses, with need and limit, what fits no worker', () => {
    expect(() =>
      planJob(job('multiply', [4000, 4000], [4000, 4000], { fleet: { workers: 2, memoryBytes: 100 * MIB, cores: 1 } })),
    ).toThrow(PlanDoesNotFitError);
  });

  it('plans 262144 squared for a thousand workers in little time and without listing its packages', () => {
    const plan = planJob(
      job('multiply', [262_144, 262_144], [262_144, 262_144], {
        fleet: { workers: 1024, memoryBytes: 4096 * MIB, cores: 2 },
      }),
    );
    const compute = plan.phases.find((entry) => entry.phase === 'compute')!;
    expect(compute.packages).toBeGreaterThanOrEqual(1024);
    expect(compute.at(compute.packages - 1).kind).toBe('multiply');
  });
});

describe('every planned package', () => {
  it('is a valid work package once it is addressed', () => {
    for (const plan of [
      planJob(job('add', [3000, 10], [3000, 10])),
      planJob(job('multiply', [20, 300_000], [300_000, 30], { exports: ['A', 'C'] })),
    ]) {
      for (const entry of plan.phases) {
        const body = entry.at(entry.packages - 1);
        WorkPackage.parse({
          v: PROTOCOL_VERSION,
          bundle: BUNDLE_VERSION,
          jobId: 'test-1',
          packageId: `${entry.phase}-${entry.packages - 1}`,
          replyTo: 'ResultToMaster-test-1',
          attempt: 1,
          ...body,
        });
      }
    }
  });

  it('of an ingest holds the bands of its rows', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 30 }),
        fc.integer({ min: 1, max: 500 }),
        (bandRows, cols) => {
          let firstRow = 0;
          const bands = bandRows.map((rows) => {
            const band = { byteStart: firstRow * 10, byteEnd: (firstRow + rows) * 10, firstRow, rows };
            firstRow += rows;
            return band;
          });
          const csv = { url: 'file:///a.csv', delimiter: ',', header: false, quoted: false, gzip: false, bands };
          const given = job('add', [firstRow, cols], [firstRow, cols]);
          const plan = planJob({
            ...given,
            operands: { ...given.operands, A: { kind: 'csv', shape: [firstRow, cols], csv } },
          });
          let rows = 0;
          for (const body of packagesOf(plan, 'ingest')) {
            if (body.kind !== 'ingest') throw new Error('not an ingest');
            expect(body.firstRow + body.skipRows).toBe(body.sink.row);
            expect(body.bytes.start).toBe(body.firstRow * 10);
            expect(body.bytes.end).toBeGreaterThanOrEqual((body.sink.row + body.sink.rows) * 10);
            rows += body.sink.rows;
          }
          expect(rows).toBe(firstRow);
        },
      ),
      { numRuns: 50 },
    );
  });
});
