import fc from 'fast-check';
import { BUNDLE_VERSION, PROTOCOL_VERSION, WorkPackage, type JobSpec, type OperandSpec } from '@tessera/protocol';
import { describe, expect, it } from 'vitest';
import { planJob, PlanDoesNotFitError } from '../../src/index.ts';
import { exportBytes } from '../../src/plan/cost-model.ts';
import { formatPlan } from '../../src/plan/format-plan.ts';
import { expectCovered, packagesOf } from './coverage.ts';
import { jobOf, MIB } from './job-of.ts';

const size = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 9_000 }),
  fc.constantFrom(1, 1023, 1024, 1025, 7919),
);
const workers = fc.integer({ min: 1, max: 64 });

describe.each(['add', 'subtract'] as const)('the plan of %s', (op) => {
  it('writes every chunk of A, B and C exactly once, checks each, and fits the memory it was given', () => {
    const memory = fc.integer({ min: 261, max: 2048 }).map((mib) => mib * MIB);
    const url = fc.constantFrom('file:///w/C.zarr', 'file:///w/C.npy');
    fc.assert(
      fc.property(size, size, workers, memory, url, (rows, cols, count, memoryBytes, output) => {
        const fleet = { workers: count, memoryBytes, cores: 1 };
        const plan = planJob(jobOf(op, [rows, cols], [rows, cols], { fleet, output: { url: output } }));
        expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(memoryBytes);
        expectCovered(plan, packagesOf(plan, 'generate'), 'A');
        expectCovered(plan, packagesOf(plan, 'generate'), 'B');
        expectCovered(plan, packagesOf(plan, 'compute'), 'C');
        expect(packagesOf(plan, 'verify')).toHaveLength(packagesOf(plan, 'compute').length);
      }),
      { numRuns: 60 },
    );
  });

  it('says what B is multiplied by wherever it is not 1', () => {
    const plan = planJob(jobOf(op, [1000, 1000], [1000, 1000]));
    const [compute] = packagesOf(plan, 'compute');
    const [verify] = packagesOf(plan, 'verify');
    const beta = op === 'add' ? undefined : -1;
    expect(compute).toMatchObject({ kind: 'add', ...(beta ? { beta } : {}) });
    expect((verify as { check: { beta?: number } }).check.beta).toBe(beta);
  });

  it('has each tile checked by others than its author, where there are others', () => {
    const plan = planJob(jobOf(op, [3000, 2000], [3000, 2000]));
    const verify = plan.phases.find(({ phase }) => phase === 'verify')!;
    for (let index = 0; index < verify.packages; index++) expect([...verify.checks!(index)]).toEqual([index]);
  });

  it('has two packages per worker of a small sum, and one per worker and operand that make it', () => {
    const plan = planJob(jobOf(op, [1000, 1000], [1000, 1000]));
    expect(plan.phases.map(({ phase, packages }) => [phase, packages])).toEqual([
      ['generate', 4],
      ['compute', 4],
      ['verify', 4],
    ]);
  });

  it('takes whole rows of files that are stored row by row', () => {
    const npy = (name: string): OperandSpec => ({
      kind: 'array',
      shape: [9000, 20_000],
      dtype: 'float64',
      url: `file:///w/${name}.npy`,
    });
    const operands = { A: npy('A'), B: npy('B') };
    const plan = planJob(jobOf(op, [9000, 20_000], [9000, 20_000], { operands, output: { url: 'file:///w/C.npy' } }));
    for (const body of packagesOf(plan, 'compute')) expect((body as { c: { cols: number } }).c.cols).toBe(20_000);
  });

  it('keeps the chunks of operands that are stored whole', () => {
    const zarr = (name: string): OperandSpec => ({
      kind: 'array',
      shape: [9000, 7000],
      dtype: 'float64',
      url: `file:///w/${name}.zarr`,
      chunk: [300, 700],
    });
    const plan = planJob(jobOf(op, [9000, 7000], [9000, 7000], { operands: { A: zarr('A'), B: zarr('B') } }));
    for (const body of packagesOf(plan, 'compute')) {
      const { row, col } = (body as { a: { row: number; col: number } }).a;
      expect([row % 300, col % 700]).toEqual([0, 0]);
    }
  });

  it('refuses what fits no worker', () => {
    const fleet = { workers: 2, memoryBytes: 100 * MIB, cores: 1 };
    expect(() => planJob(jobOf(op, [4000, 4000], [4000, 4000], { fleet }))).toThrow(PlanDoesNotFitError);
  });
});

describe('a plan in print', () => {
  it('names arrays, phases, memory and the bound', () => {
    const fleet = { workers: 2, memoryBytes: 900 * MIB, cores: 1 };
    expect(formatPlan(planJob(jobOf('multiply', [4000, 4000], [4000, 4000], { fleet })))).toMatchInlineSnapshot(`
      "4 blocks of 2000x2000, k 4000 in 4 steps
      A: 4000x4000 float64 in chunks of 1000x1000
      B: 4000x4000 float64 in chunks of 1000x1000
      C: 4000x4000 float64 in chunks of 1000x1000
      Y: 4000x3 float64 in chunks of 1000x3

      phase     packages    read  written  seconds
      generate         8     0 B   256 MB     0.67
      compute          4  512 MB   128 MB     5.19
      project          4  128 MB  96.0 kB     0.16
      verify           4  256 MB      0 B     0.30
      all             20  896 MB   384 MB     6.32

      a worker needs up to 684 MiB
      the result moves 640 MB, 1.31 times the lower bound of 490 MB (for so many workers that share the work): 2 packages per worker, so that none waits long for the last, move 1.25 times the least that one package per worker could"
    `);
  });
});

describe('every planned package', () => {
  it('is a valid work package once it is addressed', () => {
    for (const plan of [
      planJob(jobOf('add', [3000, 10], [3000, 10])),
      planJob(jobOf('multiply', [20, 300_000], [300_000, 30], { exports: ['A', 'C'] })),
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

  it('of an export has rows that fit, and together they are all rows, once and in order', () => {
    // 8 chunks of up to 10 MiB on their way in each of two packages, and the base.
    const mib = fc.integer({ min: 440, max: 1024 });
    const property = fc.property(size, size, fc.integer({ min: 1, max: 300_000 }), mib, (rows, inner, cols, memory) => {
      const fleet = { workers: 2, memoryBytes: memory * MIB, cores: 1 };
      const plan = planJob(jobOf('multiply', [rows, inner], [inner, cols], { fleet, exports: ['C'] }));
      expect(plan.figures.peakWorkerBytes).toBeLessThanOrEqual(fleet.memoryBytes);
      let next = 0;
      for (const body of packagesOf(plan, 'export')) {
        const { source } = body as { source: { row: number; rows: number; cols: number } };
        expect(source).toMatchObject({ row: next, cols });
        next += source.rows;
      }
      expect(next).toBe(rows);
    });
    fc.assert(property, { numRuns: 60 });
  });

  it('of an export to a bucket counts the parts of its uploads, but no more than the text', () => {
    const array = { shape: [8000, 1000], chunk: [1000, 1000], dtype: 'float64' } as const;
    const more = (rows: number) =>
      exportBytes(rows, array, 's3://bucket/jobs/1') - exportBytes(rows, array, 'file:///w');
    expect(more(8000)).toBe(2 * 6 * 8 * MIB);
    expect(more(100)).toBe(2 * 100 * 1000 * 26);
  });

  it('of an ingest that holds more than a worker may is refused, naming what and how much', () => {
    const cols = 1_000_000;
    const rows = 1024;
    const bands = [{ byteStart: 0, byteEnd: rows * cols * 19, firstRow: 0, rows }];
    const csv = { url: 'file:///a.csv', delimiter: ',', header: false, quoted: false, gzip: true, bands };
    const given = jobOf('multiply', [rows, cols], [cols, 8], {
      fleet: { workers: 2, memoryBytes: 900 * MIB, cores: 1 },
    });
    const A: OperandSpec = { kind: 'csv', shape: [rows, cols], csv };
    expect(() => planJob({ ...given, operands: { ...given.operands, A } })).toThrow(
      /rows of the CSV of A, 1000000 numbers each, needs? \d+ MiB/,
    );
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
          const given = jobOf('add', [firstRow, cols], [firstRow, cols]);
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

describe('the memory of a job for a GPU', () => {
  const plan = (kernel: JobSpec['kernel'], memoryBytes: number) =>
    planJob(
      jobOf('multiply', [3000, 3000], [3000, 3000], {
        dtype: 'float32',
        kernel,
        fleet: { workers: 2, memoryBytes, cores: 1 },
      }),
    );

  it('has room for what its kernel holds, within the budget', () => {
    const most = 2048 * MIB;
    expect(plan('wgsl', most).figures.peakWorkerBytes - plan('blas', most).figures.peakWorkerBytes).toBe(352 * MIB);
    for (const memory of [640, 700, 900])
      expect(plan('gpu', memory * MIB).figures.peakWorkerBytes).toBeLessThanOrEqual(memory * MIB);
  });

  it('is asked for as a whole where it is too little', () => {
    const refusal = (kernel: JobSpec['kernel'], memoryBytes: number) => {
      try {
        plan(kernel, memoryBytes);
      } catch (error) {
        if (error instanceof PlanDoesNotFitError) return [error.neededBytes, error.limitBytes] as const;
      }
      throw new Error('it was not refused');
    };
    const [needed, limit] = refusal('blas', (604 - 352) * MIB);
    expect(refusal('wgsl', 604 * MIB)).toEqual([needed + 352 * MIB, limit + 352 * MIB]);
  });
});
