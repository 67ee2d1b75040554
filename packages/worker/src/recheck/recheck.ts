import { ChunkChecksums, createZarrIn, memoryStore, wholeRegion, type MatrixArray, type Shape } from '@tessera/matrix';
import {
  operations,
  PROTOCOL_VERSION,
  type ArrayPiece,
  type CheckOutcome,
  type CheckVectors,
  type Clock,
  type Manifest,
  type OperationName,
} from '@tessera/protocol';
import { OpenJob } from '../jobs/open-jobs.ts';
import { Turn } from '../loop/turn.ts';
import { PackageContext } from '../operations/context.ts';
import { ReadChecksums } from '../operations/read-checksums.ts';
import { checkElements } from '../operations/verify/elements.ts';
import { checkProduct } from '../operations/verify/product.ts';
import { project } from '../operations/verify/project.ts';

/** A matrix and the chunks that its hash is taken of. */
export interface Hashed {
  readonly array: MatrixArray;
  readonly chunk: Shape;
}

/** A stored result and what it is said to be made of, all as stored. */
export interface Result {
  readonly op: OperationName;
  readonly matrices: { readonly A: Hashed; readonly B?: Hashed; readonly C0?: Hashed; readonly C: Hashed };
  readonly transposed: { readonly A: boolean; readonly B: boolean };
  readonly alpha: number;
  readonly beta: number;
}

/** What was found, and the hash of each matrix, in hexadecimal; see `MatrixHash` of the protocol. */
export interface Recheck {
  readonly check: CheckOutcome;
  readonly hashes: ReadonlyMap<string, string>;
}

/** Elements of C that are looked at at once where each is checked. */
const BAND_ELEMENTS = 1 << 20;

/**
 * Checks a result that was stored some time ago, in this process and outside any job, by the same code that workers check
 * with. Everything is read once and in pieces; of a product k x (rounds + 1) numbers are held.
 */
export async function recheck(
  result: Result,
  vectors: CheckVectors,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
): Promise<Recheck> {
  const { op, matrices } = result;
  const dtype = matrices.C.array.dtype;
  const arrays = new Map(Object.entries(matrices).map(([name, { array }]) => [`file:///${name}`, array]));
  const k = op === 'multiply' ? matrices.A.array.shape[result.transposed.A ? 0 : 1] : sideOf(result);
  const yShape = [k, vectors.rounds + 1] as const;
  arrays.set('file:///Y', await createZarrIn(memoryStore(), 'Y', { shape: yShape, dtype: 'float64', chunk: yShape }));
  const chunkOf = (name: string, array: MatrixArray) =>
    name === 'Y' ? yShape : (matrices[name as keyof typeof matrices]?.chunk ?? array.shape);
  const manifest: Manifest = {
    v: PROTOCOL_VERSION,
    jobId: 'recheck',
    op,
    dtype,
    kernel: 'auto',
    workspace: 'file:///',
    arrays: Object.fromEntries(
      [...arrays].map(([url, array]) => {
        const name = url.slice('file:///'.length);
        return [name, { url, shape: array.shape, dtype: array.dtype, chunk: chunkOf(name, array) }];
      }),
    ),
    texts: {},
  };
  const objects = memoryStore();
  const context = new PackageContext({
    job: new OpenJob(manifest, {
      objects,
      context: {},
      openArray: async ({ url }) => arrays.get(url)!,
      openWorkspace: async () => objects,
    }),
    signal,
    clock,
    turn: new Turn(),
    kernel: () => Promise.reject(new Error('a check of stored numbers needs no kernel')),
  });
  const checksums = (context.checksums = new ReadChecksums(Infinity));
  const check = operations[op].transposes
    ? await checkWholeProduct(result, vectors, context)
    : await checkAllElements(result, context);
  const hashes = new Map<string, string>();
  for (const [name, { array, chunk }] of Object.entries(matrices) as [string, Hashed][]) {
    const all = new ChunkChecksums(array.shape, chunk);
    for (const [index, crc32c] of checksums.found.get(name) ?? []) all.set(index, crc32c);
    const sha256 = all.sha256();
    if (sha256 !== undefined) hashes.set(name, sha256);
  }
  return { check, hashes };
}

/** Length of the sums of AᵀA, or AAᵀ. */
function sideOf({ matrices, transposed }: Result): number {
  return matrices.A.array.shape[transposed.A ? 1 : 0];
}

function whole(array: string, { shape }: MatrixArray): ArrayPiece {
  return { kind: 'array', array, ...wholeRegion(shape) };
}

async function checkWholeProduct(
  { op, matrices, transposed, alpha, beta }: Result,
  vectors: CheckVectors,
  context: PackageContext,
): Promise<CheckOutcome> {
  const { A, B, C0, C } = matrices;
  const a = whole('A', A.array);
  // C = op(A)ᵀ·op(A) has A on both sides.
  const gram = op === 'gram';
  const [b, transA, transB] = gram
    ? [a, !transposed.A, transposed.A]
    : [whole('B', B!.array), transposed.A, transposed.B];
  const y = whole('Y', await context.job.array({ kind: 'array', array: 'Y', row: 0, col: 0, rows: 1, cols: 1 }));
  await project({ b, transB, vectors, y }, context);
  const c = whole('C', C.array);
  return checkProduct({ a, c, vectors, y, transA, alpha, ...(C0 ? { c0: whole('C0', C0.array), beta } : {}) }, context);
}

async function checkAllElements({ op, matrices }: Result, context: PackageContext): Promise<CheckOutcome> {
  const { array } = matrices.C;
  const [rows, cols] = array.shape;
  const unit = Math.max(1, ...Object.values(matrices).map(({ array: { chunk } }) => chunk?.[0] ?? 1));
  const height = unit * Math.max(1, Math.floor(BAND_ELEMENTS / cols / unit));
  for (let row = 0; row < rows; row += height) {
    const band = { kind: 'array' as const, row, col: 0, rows: Math.min(height, rows - row), cols };
    const [a, b, c] = ['A', 'B', 'C'].map((name) => ({ ...band, array: name })) as [ArrayPiece, ArrayPiece, ArrayPiece];
    const outcome = await checkElements({ a, b, c, alpha: 1, beta: op === 'subtract' ? -1 : 1 }, context);
    if (!outcome.ok) return outcome;
  }
  return { ok: true, worst: 0, where: null, nonFinite: false };
}
