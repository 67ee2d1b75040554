import fc from 'fast-check';
import { formatShape, type JobSpec, type OperandSpec, type PackageBody, type Shape } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { planJob, PlanDoesNotFitError, WORKER_BASE_BYTES, type Plan } from '../../src/index.ts';
import { packageBytes } from '../../src/plan/beside.ts';
import { stagesOf } from '../../src/run/stages.ts';
import { expectCovered, packagesOf } from './coverage.ts';
import { jobOf, MIB } from './job-of.ts';
import { asTaken, multiplies, type Multiply } from './multiplies.ts';
import { FLEETS, shapedJob, SHAPES } from './shapes.ts';

const size = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 9_000 }),
  fc.constantFrom(1, 1023, 1024, 1025, 7919),
);
const workers = fc.integer({ min: 1, max: 64 });
const memoryBytes = fc.integer({ min: 300, max: 4096 }).map((mib) => mib * MIB);

/** Expects each block of C to be summed over all of k, once and in the order of the packages. */
function expectSummed(plan: Plan, k: number): void {
  const next = new Map<string, number>();
  for (const { a, b, c, transA, transB, kStep, alone, cacheBytes } of multiplies(plan)) {
    if (c.kind !== 'array') throw new Error('not an array');
    const left = asTaken(a, transA);
    const right = asTaken(b, transB);
    expect([left.row, left.rows, right.col, right.cols]).toEqual([c.row, c.rows, c.col, c.cols]);
    expect([left.col, left.cols]).toEqual([right.row, right.rows]);
    const block = `${c.row},${c.col}`;
    expect(left.col).toBe(next.get(block) ?? 0);
    next.set(block, left.col + left.cols);
    expect(kStep).toBeGreaterThan(0);
    expect([alone, cacheBytes === undefined || cacheBytes > 0]).toEqual([alone, true]);
  }
  expect([...next.values()].every((end) => end === k)).toBe(true);
}

function finalOf(plan: Plan): PackageBody[] {
  const reduced = packagesOf(plan, 'reduce');
  return reduced.length > 0 ? reduced : packagesOf(plan, 'compute');
}

describe('the plan of a product', () => {
  it('writes every chunk of C once, sums each element of k once and in order, and fits the memory it was given', () => {
    fc.assert(
      fc.property(size, size, size, workers, memoryBytes, (m, k, n, count, memory) => {
        const fleet = { workers: count, memoryBytes: memory, cores: 1 };
        const plan = planJob(jobOf('multiply', [m, k], [k, n], { fleet }));
        expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(memory);
        expectCovered(plan, finalOf(plan), 'C');
        expectCovered(plan, packagesOf(plan, 'generate'), 'A');
        expectCovered(plan, packagesOf(plan, 'generate'), 'B');
        expectSummed(plan, k);
      }),
      { numRuns: 60 },
    );
  });

  it('does so for operands that are stored in chunks of their own, transposed or not, and for C0', () => {
    const chunk = fc.tuple(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 2000 }));
    fc.assert(
      fc.property(
        size,
        size,
        size,
        chunk,
        chunk,
        fc.boolean(),
        fc.boolean(),
        workers,
        (m, k, n, ca, cb, tA, tB, count) => {
          const operand = (shape: Shape, own: Shape, transposed: boolean, name: string): OperandSpec => {
            const kept: Shape = transposed ? [shape[1], shape[0]] : shape;
            const fitting: Shape = [Math.min(own[0], kept[0]), Math.min(own[1], kept[1])];
            return {
              kind: 'array',
              shape,
              transposed,
              dtype: 'float64',
              url: `file:///w/${name}.zarr`,
              chunk: fitting,
            };
          };
          const operands = {
            A: operand([m, k], ca, tA, 'A'),
            B: operand([k, n], cb, tB, 'B'),
            C0: { kind: 'array' as const, shape: [m, n] as const, dtype: 'float64' as const, url: 'file:///w/C0.npy' },
          };
          const fleet = { workers: count, memoryBytes: 2048 * MIB, cores: 1 };
          const plan = planJob(jobOf('multiply', [m, k], [k, n], { fleet, operands, beta: 2 }));
          expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(fleet.memoryBytes);
          expectCovered(plan, finalOf(plan), 'C');
          expectSummed(plan, k);
          const added = multiplies(plan).filter(({ c0 }) => c0 !== undefined);
          expect(added.every(({ a, transA }) => asTaken(a, transA).col === 0)).toBe(true);
          expect(
            added.length *
              (multiplies(plan).length /
                new Set(
                  multiplies(plan).map(({ c }) =>
                    JSON.stringify([(c as { row: number }).row, (c as { col: number }).col]),
                  ),
                ).size),
          ).toBe(multiplies(plan).length);
        },
      ),
      { numRuns: 60 },
    );
  });

  it('keeps stored chunks whole where blocks are larger than they are', () => {
    const stored = (name: string): OperandSpec => ({
      kind: 'array',
      shape: [6000, 6000],
      dtype: 'float64',
      url: `file:///w/${name}.zarr`,
      chunk: [500, 400],
    });
    const plan = planJob(
      jobOf('multiply', [6000, 6000], [6000, 6000], { operands: { A: stored('A'), B: stored('B') } }),
    );
    for (const { a, b } of multiplies(plan)) {
      if (a.kind !== 'array' || b.kind !== 'array') throw new Error('not arrays');
      expect([a.row % 500, b.col % 400]).toEqual([0, 0]);
    }
  });

  it('gives workers several packages each, as many as all others, in large square blocks', () => {
    const plan = planJob(
      jobOf('multiply', [4000, 4000], [4000, 4000], { fleet: { workers: 2, memoryBytes: 900 * MIB, cores: 1 } }),
    );
    expect(plan.summary).toBe('4 blocks of 2000x2000, k 4000 in 4 steps');
    expect(plan.figures.ratio).toBeLessThan(1.35);
  });

  it('leaves no worker idle in a last round that most of them wait for, as far as C has cells', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 2000, max: 20_000 }),
        fc.integer({ min: 2000, max: 20_000 }),
        workers,
        (m, n, count) => {
          const fleet = { workers: count, memoryBytes: 4096 * MIB, cores: 1 };
          const bodies = multiplies(planJob(jobOf('multiply', [m, 5000], [5000, n], { fleet })));
          const { rows, cols } = bodies[0]!.cell!;
          const cells = Math.ceil(m / rows) * Math.ceil(n / cols);
          const packages = bodies.length;
          expect(packages / count).toBeLessThanOrEqual(8);
          if (cells >= 4 * count) expect(packages / count / Math.ceil(packages / count)).toBeGreaterThan(0.75);
          else expect(packages).toBeGreaterThanOrEqual(Math.min(cells, count) / 2);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('splits k only when C is too small to feed the fleet, or a split saves a fifth of the traffic', () => {
    const one = (m: number, k: number, n: number, count: number) => {
      const fleet = { workers: count, memoryBytes: 1024 * MIB, cores: 1 };
      const plan = planJob(jobOf('multiply', [m, k], [k, n], { fleet }));
      return { compute: multiplies(plan).length, reduce: packagesOf(plan, 'reduce').length };
    };
    const long = one(100, 1_000_000, 100, 8);
    expect(long.compute).toBeGreaterThanOrEqual(8);
    expect(long.reduce).toBeGreaterThan(0);
    for (const [m, k, n, count] of [
      [4000, 4000, 4000, 2],
      [18_000, 18_000, 18_000, 2],
      [30_000, 50, 30_000, 8],
      [7919, 7919, 7919, 16],
    ] as const) {
      expect(one(m, k, n, count).reduce).toBe(0);
    }
  });

  it('has few packages where each costs more than its work', () => {
    const count = (n: number) => planJob(jobOf('multiply', [n, n], [n, n])).figures.packages;
    expect(count(50)).toBeLessThanOrEqual(6);
    expect(count(1000)).toBeLessThanOrEqual(12);
  });

  it('refuses, with block, need and limit, what fits no worker', () => {
    const fleet = { workers: 2, memoryBytes: 100 * MIB, cores: 1 };
    const refused = () => planJob(jobOf('multiply', [4000, 4000], [4000, 4000], { fleet }));
    expect(refused).toThrow(PlanDoesNotFitError);
    expect(refused).toThrow(/a block of the product of 4000x4000 and 4000x4000 needs \d+ MiB .* limited to 100 MiB/);
  });

  it('has all of a long and thin product checked, by as many workers as there are, each reading its part of Y', () => {
    const few = fc.integer({ min: 1, max: 300 });
    const many = fc.integer({ min: 100_000, max: 3_000_000 });
    fc.assert(
      fc.property(few, many, few, workers, fc.boolean(), (m, k, n, count, transposed) => {
        const fleet = { workers: count, memoryBytes: 600 * MIB, cores: 1 };
        const given = jobOf('multiply', [m, k], [k, n], { fleet });
        const plan = planJob({ ...given, operands: { ...given.operands, A: { ...given.operands.A, transposed } } });
        const steps = [...packagesOf(plan, 'project'), ...packagesOf(plan, 'verify')].map((body) => {
          if (body.kind !== 'verify') throw new Error('not a check');
          return body.check;
        });
        const compared = steps.filter((step) => step.step === 'product' || step.step === 'total');
        expect(compared.reduce((sum, { c }) => sum + (c.kind === 'array' ? c.rows : 0), 0)).toBe(m);
        const applied = steps.filter(({ step }) => step === 'apply');
        expect(compared.some(({ step }) => step === 'total')).toBe(applied.length > 0);
        if (m * k * 8 > 100e6 * count) expect(Math.max(applied.length, compared.length)).toBeGreaterThanOrEqual(count);
        if (applied.length === 0) return;
        const { chunk, shape } = plan.arrays['Z']!;
        const seen = new Set<string>();
        let elements = 0;
        for (const step of applied) {
          if (step.step !== 'apply') continue;
          const { row, col, rows, cols } = asTaken(step.a, step.transA);
          expect([step.y.row, step.y.rows, step.z.row, step.z.rows]).toEqual([col, cols, row, rows]);
          expect([step.z.row % chunk[0], step.z.col % chunk[1], step.z.cols]).toEqual([0, 0, chunk[1]]);
          seen.add(`${step.z.row},${step.z.col}`);
          elements += rows * cols;
        }
        expect(elements).toBe(m * k);
        expect(seen.size).toBe(Math.ceil(shape[0] / chunk[0]) * Math.ceil(shape[1] / chunk[1]));
        for (const step of compared) {
          if (step.step !== 'total') throw new Error('not in ranges');
          expect([step.k, step.z.row, step.z.rows, step.z.cols]).toEqual([k, step.c.row, step.c.rows, shape[1]]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('checks a product whose Y is larger than a worker', () => {
    const fleet = { workers: 2, memoryBytes: 400 * MIB, cores: 1 };
    const plan = planJob(jobOf('multiply', [10, 100_000_000], [100_000_000, 10], { fleet }));
    expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(400 * MIB);
    expect(packagesOf(plan, 'verify')).toHaveLength(1);
  });

  it('runs phases beside each other: blocks, sums and check, where a worker has memory for one of each', () => {
    const phasesOf = (shapes: [Shape, Shape], rest: Partial<JobSpec> = {}) =>
      planJob(jobOf('multiply', ...shapes, rest)).phases.map(({ phase, beside }) => (beside ? `+${phase}` : phase));
    const square: [Shape, Shape] = [
      [4000, 4000],
      [4000, 4000],
    ];
    expect(phasesOf(square)).toEqual(['generate', 'compute', '+project', '+verify']);
    expect(phasesOf(square, { verify: { rounds: 0 } })).toEqual(['generate', 'compute']);
    const fleet = { workers: 8, memoryBytes: 1024 * MIB, cores: 1 };
    const long: [Shape, Shape] = [
      [100, 1_000_000],
      [1_000_000, 100],
    ];
    expect(phasesOf(long, { fleet })).toEqual(['generate', 'compute', '+project', '+reduce', 'project', '+verify']);
  });

  it('does so only where a worker has memory for one of each', () => {
    let together = 0;
    let apart = 0;
    const least = fc.integer({ min: 273, max: 300 }).map((mib) => mib * MIB);
    const size = fc.integer({ min: 1000, max: 9000 });
    fc.assert(
      fc.property(size, size, size, workers, least, (m, k, n, count, memory) => {
        const fleet = { workers: count, memoryBytes: memory, cores: 1 };
        let plan;
        try {
          plan = planJob(jobOf('multiply', [m, k], [k, n], { fleet }));
        } catch (error) {
          if (error instanceof PlanDoesNotFitError) return;
          throw error;
        }
        const project = plan.phases.find(({ phase }) => phase === 'project')!;
        const after = plan.phases[plan.phases.indexOf(project) - 1]!;
        if (!project.beside || after.phase !== 'compute') return void apart++;
        together++;
        const { c, kStep } = multiplies(plan)[0]!;
        const check = (project.at(0) as Extract<PackageBody, { kind: 'verify' }>).check;
        if (c.kind !== 'array' || check.step !== 'project') throw new Error('another plan');
        const block = 8 * (c.rows * c.cols + 2 * (c.rows + c.cols) * Math.min(kStep, k));
        const strips = 2 * 4 * MIB + 8 * check.y.rows * check.y.cols;
        expect(WORKER_BASE_BYTES + block + strips).toBeLessThanOrEqual(plan.figures.peakWorkerBytes);
        const stage = stagesOf(plan.phases).find((phases) => phases.some(({ phase }) => phase === 'compute'))!;
        for (const { phase, cost } of stage) {
          const other = phase === 'compute' ? 0 : packageBytes(cost);
          expect(WORKER_BASE_BYTES + block + other).toBeLessThanOrEqual(plan.figures.peakWorkerBytes);
        }
        expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(memory);
      }),
      { numRuns: 100 },
    );
    expect([together > 0, apart > 0]).toEqual([true, true]);
  });

  it('compares C by others than computed it where k is cut, and lets anybody multiply ranges of k', () => {
    const fleet = { workers: 8, memoryBytes: 1024 * MIB, cores: 1 };
    const plan = planJob(jobOf('multiply', [100, 1_000_000], [1_000_000, 100], { fleet }));
    const [project, apply, verify] = plan.phases.filter(({ phase }) => phase === 'project' || phase === 'verify');
    expect([project!.checks, apply!.checks]).toEqual([undefined, undefined]);
    expect([...verify!.checks!(0)]).toEqual(multiplies(plan).map((_, at) => at));
  });

  it('gives a check the packages whose blocks it looks at, and together all of them', () => {
    for (const op of ['multiply', 'gram'] as const) {
      const fleet = { workers: 4, memoryBytes: 500 * MIB, cores: 1 };
      const plan = planJob(jobOf(op, [5000, 1700], [1700, 4000], { fleet }));
      const verify = plan.phases.find(({ phase }) => phase === 'verify')!;
      const compute = plan.phases.find(({ phase }) => phase === 'compute')!;
      const seen = new Set<number>();
      for (let index = 0; index < verify.packages; index++) for (const at of verify.checks!(index)) seen.add(at);
      expect(seen.size).toBe(compute.packages);
    }
  });

  it('has packages of a quarter of an hour at most, or of a thirtieth of the job, up to an hour', () => {
    const large = fc.integer({ min: 5000, max: 300_000 });
    const rate = fc.constantFrom(1e9, 5e9, 15e9, 100e9);
    fc.assert(
      fc.property(large, large, large, workers, rate, (m, k, n, count, flopsPerSecond) => {
        const fleet = { workers: count, memoryBytes: 4096 * MIB, cores: 1, rates: { flopsPerSecond } };
        const plan = planJob(jobOf('multiply', [m, k], [k, n], { fleet }));
        const body = plan.phases.find(({ phase }) => phase === 'compute')!.at(0) as Multiply;
        const seconds = (2 * body.a.rows * body.a.cols * body.b.cols) / flopsPerSecond;
        const jobSeconds = (2 * m * n * k) / flopsPerSecond / count;
        expect(seconds).toBeLessThanOrEqual(Math.min(3600, Math.max(900, jobSeconds / 30)));
      }),
      { numRuns: 40 },
    );
  });

  it('says what short packages cost in bytes', () => {
    const fleet = { workers: 64, memoryBytes: 4096 * MIB, cores: 1 };
    const { figures } = planJob(jobOf('multiply', [262_144, 262_144], [262_144, 262_144], { fleet }));
    expect(figures.reason).toMatch(/^packages of \d+ minutes rather than \d{2,} .*, move 1\.\d+ times the least/);
  });

  it('uses rates that were measured', () => {
    const rates = (flopsPerSecond: number): Partial<JobSpec> => ({
      fleet: { workers: 2, memoryBytes: 1024 * MIB, cores: 1, rates: { flopsPerSecond } },
    });
    const seconds = (flops: number) =>
      planJob(jobOf('multiply', [4000, 4000], [4000, 4000], rates(flops))).figures.seconds;
    expect(seconds(5e9)).toBeGreaterThan(2 * seconds(50e9));
  });

  it('plans 262144 squared for a thousand workers without listing its packages', () => {
    const fleet = { workers: 1024, memoryBytes: 4096 * MIB, cores: 2 };
    const plan = planJob(jobOf('multiply', [262_144, 262_144], [262_144, 262_144], { fleet }));
    const compute = plan.phases.find(({ phase }) => phase === 'compute')!;
    expect(compute.packages).toBeGreaterThanOrEqual(1024);
    expect(compute.at(compute.packages - 1).kind).toBe('multiply');
  });
});

describe('the plan of a Gram matrix', () => {
  it('computes the blocks on and above the diagonal, and writes every chunk of C once', () => {
    fc.assert(
      fc.property(size, size, workers, memoryBytes, fc.boolean(), (rows, cols, count, memory, transposed) => {
        const fleet = { workers: count, memoryBytes: memory, cores: 1 };
        const given = jobOf('gram', [rows, cols], [rows, cols], { fleet });
        const plan = planJob({ ...given, operands: { ...given.operands, A: { ...given.operands.A, transposed } } });
        expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(memory);
        expectCovered(plan, finalOf(plan), 'C');
        expectCovered(plan, packagesOf(plan, 'generate'), 'A');
        expectSummed(plan, rows);
        for (const { c } of multiplies(plan))
          expect((c as { row: number }).row).toBeLessThanOrEqual((c as { col: number }).col);
        expect(plan.created).not.toContain('B');
      }),
      { numRuns: 60 },
    );
  });
});

describe('of twelve shapes on fleets of 2 to 1024 workers, a plan', () => {
  const table = SHAPES.flatMap((shape) =>
    FLEETS.map((count) => [`${formatShape([shape.m, shape.k])} times ${shape.n}`, count, shape] as const),
  );
  it.each(table)('for %s on %i workers is near its bound or says why not', (_, count, shape) => {
    const { figures } = planJob(shapedJob(shape, count));
    // A bound that a plan beats is no bound.
    expect(figures.ratio).toBeGreaterThanOrEqual(0.999);
    expect(figures.movedBytes / figures.lowerBoundBytes).toBeCloseTo(figures.ratio, 6);
    if (figures.ratio > 1.25) expect(figures.reason).toMatch(/times the/);
    else expect(figures.reason).toBeUndefined();
    // Twice the bound is only for short packages, and for work that is over before its partial sums are.
    if (figures.ratio > 2) expect(figures.reason).toMatch(/^(packages of .* minutes|k in .* ranges) rather than/);
  });
});
