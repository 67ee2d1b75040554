import { allocateTile, createZarrIn, memoryStore, wholeRegion, type MatrixArray, type Tile } from '@tessera/matrix';
import {
  BUNDLE_VERSION,
  PROTOCOL_VERSION,
  type CheckOutcome,
  type DType,
  type Manifest,
  type PackageBody,
  type Shape,
} from '@tessera/protocol';
import { execute, isUnavailable, openKernel, OpenJob, PackageContext, type Outcome } from '@tessera/worker';
import { Turn } from '../../../packages/worker/src/loop/turn.ts';
import { rowTolerance } from '../../../packages/worker/src/operations/verify/tolerance.ts';
import { GaussianVectors } from '../../../packages/worker/src/operations/verify/vectors.ts';

/** A finished product in memory, and the verify packages that a job would send for it. */
export interface Lab {
  readonly dtype: DType;
  readonly size: { readonly m: number; readonly k: number; readonly n: number };
  readonly rounds: number;
  /** C as the worker's kernel computed it. */
  readonly c: Tile;
  /** How far row `row` of the check may be off, in each round. */
  tolerances(row: number, seed: number): Promise<number[]>;
  /** Checks C, or other numbers in its place, or some rows of them, with vectors of this seed. */
  check(
    seed: number,
    options?: { readonly c?: Tile; readonly row?: number; readonly rows?: number },
  ): Promise<CheckOutcome>;
}

/** Makes A and B by the functions given, multiplies them by a package, and keeps C for checks. */
export async function openLab(options: {
  readonly dtype: DType;
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly rounds?: number;
  readonly kernel?: 'loops' | 'wasm';
  a(row: number, col: number): number;
  b(row: number, col: number): number;
}): Promise<Lab> {
  const { dtype, m, k, n, rounds = 2 } = options;
  const kernel = await openKernel(options.kernel ?? 'loops', { threads: 1, log: () => undefined });
  if (isUnavailable(kernel)) throw new Error(`no kernel ${options.kernel} here`);
  const arrays = new Map<string, MatrixArray>();
  const declared: Manifest['arrays'] = {};
  const declare = async (name: string, shape: Shape, type: DType, at?: (row: number, col: number) => number) => {
    const url = `file:///lab/${name}.zarr`;
    const array = await createZarrIn(memoryStore(), name, { shape, dtype: type, chunk: shape });
    arrays.set(url, array);
    declared[name] = { url, shape, dtype: type, chunk: shape };
    if (at) await array.write(wholeRegion(shape), tileOf(type, shape, at));
    return array;
  };
  const a = await declare('A', [m, k], dtype, options.a);
  await declare('B', [k, n], dtype, options.b);
  const stored = await declare('C', [m, n], dtype);
  const y = await declare('Y', [k, rounds + 1], 'float64');
  const manifest: Manifest = {
    v: PROTOCOL_VERSION,
    jobId: 'lab-1',
    op: 'multiply',
    dtype,
    kernel: 'loops',
    workspace: 'file:///lab',
    arrays: declared,
    texts: {},
  };
  const job = new OpenJob(manifest, {
    objects: memoryStore(),
    context: {},
    openArray: async ({ url }) => arrays.get(url)!,
    openWorkspace: async () => memoryStore(),
  });
  const turn = new Turn();
  const run = (body: PackageBody): Promise<Outcome> =>
    execute(
      {
        v: PROTOCOL_VERSION,
        bundle: BUNDLE_VERSION,
        jobId: 'lab-1',
        packageId: 'p-1',
        replyTo: 'r',
        attempt: 1,
        ...body,
      },
      new PackageContext({
        job,
        signal: new AbortController().signal,
        clock: { now: () => 0, sleep: async () => undefined },
        turn,
        kernel: async () => kernel,
      }),
    );
  const piece = (array: string, shape: Shape) => ({ kind: 'array' as const, array, ...wholeRegion(shape) });
  await run({ kind: 'multiply', a: piece('A', [m, k]), b: piece('B', [k, n]), c: piece('C', [m, n]), kStep: k });
  await kernel.close?.();
  const c = await stored.read(wholeRegion([m, n]));
  let projectedBy = -1;
  let shown = c;
  const project = async (seed: number) => {
    if (projectedBy === seed) return;
    const vectors = { seed: String(seed), rounds };
    await run({
      kind: 'verify',
      check: { step: 'project', b: piece('B', [k, n]), vectors, y: piece('Y', [k, rounds + 1]) },
    });
    projectedBy = seed;
  };
  return {
    dtype,
    size: { m, k, n },
    rounds,
    c,
    async tolerances(row, seed) {
      await project(seed);
      const width = rounds + 1;
      const norms = (await y.read(wholeRegion([k, width]))).data;
      const left = (await a.read({ row, col: 0, rows: 1, cols: k })).data;
      let weight = 0;
      for (const [at, element] of left.entries()) weight += Math.abs(element) * norms[at * width + rounds]!;
      return new GaussianVectors({ seed: String(seed), rounds })
        .part(0, n)
        .map((r) => rowTolerance(weight, { k, n, alpha: 1 }, Math.hypot(...r), dtype));
    },
    async check(seed, { c: other = c, row = 0, rows = m } = {}) {
      await project(seed);
      if (shown !== other) await stored.write(wholeRegion([m, n]), other);
      shown = other;
      const band = (array: string, cols: number) => ({ kind: 'array' as const, array, row, col: 0, rows, cols });
      const vectors = { seed: String(seed), rounds };
      const outcome = await run({
        kind: 'verify',
        check: { step: 'product', a: band('A', k), c: band('C', n), vectors, y: piece('Y', [k, rounds + 1]) },
      });
      return outcome.check!;
    },
  };
}

function tileOf(dtype: DType, [rows, cols]: Shape, at: (row: number, col: number) => number): Tile {
  const tile = allocateTile(dtype, rows, cols);
  for (let row = 0; row < rows; row++) for (let col = 0; col < cols; col++) tile.data[row * cols + col] = at(row, col);
  return tile;
}
