import type { PhasePlan, Plan } from '@tessera/master';
import {
  BUNDLE_VERSION,
  PROTOCOL_VERSION,
  type ArrayDeclaration,
  type ArrayPiece,
  type DType,
  type JobSpec,
  type OperandSpec,
  type PackageBody,
  type Region,
  type Shape,
} from '@tessera/protocol';
import type { Chance } from './world/chance.ts';

/** A job cut small: matrices of some ten rows and chunks of a few, so that a run has tens of packages and takes no time. */
export interface SmallJob {
  readonly job: JobSpec;
  readonly plan: Plan;
  /** Elements of operands that are given rather than made, by array name. */
  readonly given: Readonly<Record<string, { readonly shape: Shape; readonly chunk: Shape; readonly nan: boolean }>>;
}

const WORKSPACE = 's3://fleet/w';

/** Draws a job: its operation, sizes, cuts, element type, and how its tiles travel. */
export function drawJob(chance: Chance, seed: number, workers: number): SmallJob {
  const op = chance.pick(['add', 'multiply', 'multiply'] as const);
  const dtype: DType = chance.happens(0.25) ? 'float32' : 'float64';
  const m = chance.whole(1, 14);
  const n = chance.whole(1, 14);
  const k = op === 'add' ? n : chance.whole(1, 14);
  const shapes = { A: [m, k] as Shape, B: (op === 'add' ? [m, n] : [k, n]) as Shape, C: [m, n] as Shape };
  const cut = (size: number) => chance.whole(Math.ceil(size / 5), size);
  const cm = cut(m);
  const cn = cut(n);
  const ck = op === 'add' ? cn : cut(k);
  const chunks = {
    A: [cm, ck] as Shape,
    B: (op === 'add' ? [cm, cn] : [ck, cn]) as Shape,
    C: [cm, cn] as Shape,
  };
  const given: Record<string, { shape: Shape; chunk: Shape; nan: boolean }> = {};
  const nan = chance.happens(0.1);
  const operand = (name: 'A' | 'B', number: number): OperandSpec => {
    const url = `${WORKSPACE}/${name}.zarr`;
    if (chance.happens(0.25) || nan) {
      given[name] = { shape: shapes[name], chunk: chunks[name], nan };
      return { kind: 'array', shape: shapes[name], dtype, url, chunk: chunks[name] };
    }
    const recipe = { seed: String(seed), operand: number, distribution: { kind: 'uniform' as const } };
    return { kind: 'random', shape: shapes[name], recipe, url };
  };
  const job: JobSpec = {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: `sim-${seed}`,
    cluster: 'default',
    op,
    operands: { A: operand('A', 0), B: operand('B', 1) },
    dtype,
    kernel: 'loops',
    fleet: { workers, memoryBytes: 1 << 30, cores: 1 },
    workspace: WORKSPACE,
    output: { url: `${WORKSPACE}/C.zarr` },
    exports: [],
    verify: { rounds: chance.happens(0.1) ? 0 : chance.whole(1, 2) },
  };
  const splits = op === 'add' ? 1 : Math.min(chance.whole(1, 3), Math.ceil(k / ck));
  const plan = op === 'add' ? planAdd(job, chunks) : planMultiply(job, chunks, splits);
  return { job, plan: { ...plan, inline: splits === 1 && chance.happens(0.3) }, given };
}

type Chunks = { readonly A: Shape; readonly B: Shape; readonly C: Shape };

function planAdd(job: JobSpec, chunks: Chunks): Plan {
  const regions = regionsOf(job.operands.A.shape, chunks.C);
  const pieces = (index: number) => ({
    a: piece('A', regions[index]!),
    b: piece('B', regions[index]!),
    c: piece('C', regions[index]!),
  });
  const phases: PhasePlan[] = [
    { phase: 'compute', packages: regions.length, at: (index) => ({ kind: 'add', ...pieces(index) }) },
  ];
  if (job.verify.rounds > 0) {
    phases.push({
      phase: 'verify',
      packages: regions.length,
      at: (index) => ({ kind: 'verify', check: { step: 'elements', ...pieces(index) } }),
      checks: (index) => [index],
    });
  }
  return planOf(job, chunks, {}, phases);
}

function planMultiply(job: JobSpec, chunks: Chunks, splits: number): Plan {
  const [m, k] = job.operands.A.shape;
  const n = job.operands.B.shape[1];
  const blocks = regionsOf([m, n], chunks.C);
  const steps = Math.ceil(k / chunks.A[1]);
  const kRange = Math.ceil(steps / splits) * chunks.A[1];
  const parts = Math.ceil(k / kRange);
  const body = (index: number): PackageBody => {
    const { row, col, rows, cols } = blocks[Math.floor(index / parts)]!;
    const part = index % parts;
    const start = part * kRange;
    const size = Math.min(kRange, k - start);
    return {
      kind: 'multiply',
      a: piece('A', { row, col: start, rows, cols: size }),
      b: piece('B', { row: start, col, rows: size, cols }),
      c: piece(parts === 1 ? 'C' : `P${part}`, { row, col, rows, cols }),
      kStep: chunks.A[1],
    };
  };
  const phases: PhasePlan[] = [{ phase: 'compute', packages: blocks.length * parts, at: body }];
  const extra: Record<string, Omit<ArrayDeclaration, 'url'>> = {};
  if (parts > 1) {
    for (let part = 0; part < parts; part++) {
      extra[`P${part}`] = { shape: [m, n], dtype: job.dtype, chunk: chunks.C };
    }
    phases.push({
      phase: 'reduce',
      packages: blocks.length,
      at: (index) => ({
        kind: 'reduce',
        parts: Array.from({ length: parts }, (_, part) => piece(`P${part}`, blocks[index]!)),
        c: piece('C', blocks[index]!),
      }),
    });
  }
  const { rounds } = job.verify;
  if (rounds > 0) {
    const vectors = { seed: '77', rounds };
    const cols = rounds + 1;
    const bands = regionsOf([k, n], [chunks.B[0], n]);
    const rows = regionsOf([m, k], [chunks.C[0], k]);
    extra['Y'] = { shape: [k, cols], dtype: 'float64', chunk: [chunks.B[0], cols] };
    phases.push(
      {
        phase: 'project',
        packages: bands.length,
        at: (index) => ({
          kind: 'verify',
          check: {
            step: 'project',
            b: piece('B', bands[index]!),
            vectors,
            y: piece('Y', { ...bands[index]!, col: 0, cols }),
          },
        }),
      },
      {
        phase: 'verify',
        packages: rows.length,
        at: (index) => ({
          kind: 'verify',
          check: {
            step: 'product',
            a: piece('A', rows[index]!),
            c: piece('C', { ...rows[index]!, cols: n }),
            vectors,
            y: piece('Y', { row: 0, col: 0, rows: k, cols }),
          },
        }),
        checks: (index) => {
          const perRow = Math.ceil(n / chunks.C[1]) * parts;
          return Array.from({ length: perRow }, (_, at) => index * perRow + at);
        },
      },
    );
  }
  return planOf(job, chunks, extra, phases);
}

function planOf(
  job: JobSpec,
  chunks: Chunks,
  extra: Record<string, Omit<ArrayDeclaration, 'url'>>,
  phases: PhasePlan[],
): Plan {
  const C: Shape = [job.operands.A.shape[0], job.operands.B.shape[1]];
  const arrays: Record<string, ArrayDeclaration> = {
    A: { url: `${WORKSPACE}/A.zarr`, shape: job.operands.A.shape, dtype: job.dtype, chunk: chunks.A },
    B: { url: `${WORKSPACE}/B.zarr`, shape: job.operands.B.shape, dtype: job.dtype, chunk: chunks.B },
    C: { url: job.output.url, shape: C, dtype: job.dtype, chunk: chunks.C },
  };
  for (const [name, array] of Object.entries(extra)) arrays[name] = { ...array, url: `${WORKSPACE}/${name}.zarr` };
  const made: { name: 'A' | 'B'; region: Region }[] = [];
  for (const name of ['A', 'B'] as const) {
    if (job.operands[name].kind !== 'random') continue;
    for (const region of regionsOf(arrays[name]!.shape, arrays[name]!.chunk)) made.push({ name, region });
  }
  const generate: PhasePlan = {
    phase: 'generate',
    packages: made.length,
    at(index) {
      const { name, region } = made[index]!;
      const operand = job.operands[name];
      if (operand.kind !== 'random') throw new Error('only random operands are generated');
      return { kind: 'generate', recipe: operand.recipe, sink: piece(name, region) };
    },
  };
  // Nobody reads what this plan expects.
  const figures: Plan['figures'] = {
    packages: 0,
    seconds: 0,
    movedBytes: 0,
    bytesRead: 0,
    bytesWritten: 0,
    peakWorkerBytes: 2 ** 30,
    lowerBoundBytes: 0,
    bound: 'compulsory',
    ratio: 1,
    flops: 0,
  };
  return {
    arrays,
    created: Object.keys(arrays).filter((name) => job.operands[name as 'A']?.kind !== 'array'),
    texts: {},
    phases: made.length === 0 ? phases : [generate, ...phases],
    inline: false,
    figures,
    summary: 'a small job',
  };
}

export function regionsOf(shape: Shape, chunk: Shape): Region[] {
  const regions: Region[] = [];
  for (let row = 0; row < shape[0]; row += chunk[0]) {
    for (let col = 0; col < shape[1]; col += chunk[1]) {
      regions.push({ row, col, rows: Math.min(chunk[0], shape[0] - row), cols: Math.min(chunk[1], shape[1] - col) });
    }
  }
  return regions;
}

function piece(array: string, { row, col, rows, cols }: Region): ArrayPiece {
  return { kind: 'array', array, row, col, rows, cols };
}
