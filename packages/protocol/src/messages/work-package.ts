import { z } from 'zod';
import { ArrayName, JobId, PackageId } from '../ids.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { ArrayPiece, TileSink, TileSource } from './tile.ts';

const header = {
  v: z.literal(PROTOCOL_VERSION),
  bundle: z.string().max(40),
  jobId: JobId,
  packageId: PackageId,
  /** Name of the queue that the result goes to. */
  replyTo: z.string().regex(/^[A-Za-z0-9_-]{1,80}$/),
  /** 1 for the first sending; raised whenever the master sends the package again. */
  attempt: z.int().positive(),
};

/** How random elements are distributed: reals in [low, high), or whole numbers in [low, high]. */
export const Distribution = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('uniform') }),
  z.object({ kind: z.literal('integers'), low: z.int(), high: z.int() }),
]);
export type Distribution = z.infer<typeof Distribution>;

/** A random matrix: which one it is depends on the seed and the operand's number only. Seeds are unsigned 64 bit, in decimal. */
export const RandomRecipe = z.object({
  seed: z.string().regex(/^\d{1,20}$/),
  operand: z.int().nonnegative(),
  distribution: Distribution,
});
export type RandomRecipe = z.infer<typeof RandomRecipe>;

/**
 * Fill a region of an array with random elements.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"generate-0","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"generate","recipe":{"seed":"7","operand":0,"distribution":{"kind":"uniform"}},"sink":{"kind":"array","array":"A","row":0,"col":0,"rows":500,"cols":1000}}
 */
export const GeneratePackage = z.object({
  ...header,
  kind: z.literal('generate'),
  recipe: RandomRecipe,
  sink: ArrayPiece,
});

/**
 * Read rows of a CSV operand into an array: parse the bytes [start, end) of the text, skip `skipRows` rows of it.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"ingest-0","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"ingest","text":"A","bytes":{"start":0,"end":4096},"firstRow":0,"skipRows":0,"sink":{"kind":"array","array":"A","row":0,"col":0,"rows":10,"cols":4}}
 */
export const IngestPackage = z.object({
  ...header,
  kind: z.literal('ingest'),
  text: ArrayName,
  bytes: z.object({ start: z.int().nonnegative(), end: z.int().positive() }),
  firstRow: z.int().nonnegative(),
  skipRows: z.int().nonnegative(),
  sink: ArrayPiece,
});

/** Any finite number that a matrix is multiplied by. */
const Scalar = z.number();

/** The scalars and transposes of the BLAS's GEMM; a transposed operand's piece is named as it is stored. */
const gemm = {
  /** Whether A's piece is k x m and its transpose is meant. False when absent. */
  transA: z.boolean().optional(),
  /** Whether B's piece is n x k and its transpose is meant. False when absent. */
  transB: z.boolean().optional(),
  /** 1 when absent. */
  alpha: Scalar.optional(),
  /** What `c0` is multiplied by; 1 when absent. */
  beta: Scalar.optional(),
};

/**
 * C = alpha·A + beta·B over one region, both 1 when absent (beta is -1 in a difference).
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"compute-3","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"add","a":{"kind":"array","array":"A","row":0,"col":0,"rows":500,"cols":1000},"b":{"kind":"array","array":"B","row":0,"col":0,"rows":500,"cols":1000},"c":{"kind":"array","array":"C","row":0,"col":0,"rows":500,"cols":1000}}
 */
export const AddPackage = z.object({
  ...header,
  kind: z.literal('add'),
  a: TileSource,
  b: TileSource,
  c: TileSink,
  alpha: Scalar.optional(),
  beta: Scalar.optional(),
});

/**
 * A block of C over a range of k: C[m x n] = alpha·op(A)[m x k]·op(B)[k x n] + beta·C0, summed over k in steps of `kStep`
 * from the lowest up. Steps, ranges and cells follow from the whole product's shapes, so that its bits do, however many
 * workers share it.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"compute-0","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"multiply","a":{"kind":"array","array":"A","row":0,"col":0,"rows":500,"cols":750},"b":{"kind":"array","array":"B","row":0,"col":0,"rows":750,"cols":500},"c":{"kind":"array","array":"C","row":0,"col":0,"rows":500,"cols":500},"kStep":375}
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"compute-0","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"multiply","a":{"kind":"array","array":"A","row":0,"col":0,"rows":750,"cols":500},"b":{"kind":"array","array":"B","row":0,"col":0,"rows":750,"cols":500},"c":{"kind":"array","array":"C","row":0,"col":0,"rows":500,"cols":500},"kStep":375,"transA":true,"alpha":2,"beta":-0.5,"c0":{"kind":"array","array":"C0","row":0,"col":0,"rows":500,"cols":500}}
 */
export const MultiplyPackage = z.object({
  ...header,
  kind: z.literal('multiply'),
  a: TileSource,
  b: TileSource,
  c: TileSink,
  kStep: z.int().positive(),
  /** Elements of k, whole steps, that are summed from zero; their sums are added in order. All of them when absent. */
  kRange: z.int().positive().optional(),
  /**
   * What one call of a kernel may compute, where its rounding shows where it began: pieces of C and of k, from the first
   * element of each on.
   */
  cell: z.object({ rows: z.int().positive(), cols: z.int().positive(), k: z.int().positive() }).optional(),
  ...gemm,
  /** The block's piece of C0, of C's shape; without it nothing is added. */
  c0: TileSource.optional(),
  /** Where the block's transpose is stored as well, for a C that is symmetric: first, so that C's piece proves both. */
  mirror: ArrayPiece.optional(),
  /** Whether the block is stored before the worker begins another, as memory holds only one. */
  alone: z.boolean().optional(),
  /** Bytes of operand pieces that the worker may keep for its next packages. None when absent. */
  cacheBytes: z.int().nonnegative().optional(),
  /** Bytes of operand files that the worker may map at once rather than read. None when absent. */
  mapBytes: z.int().nonnegative().optional(),
});

/**
 * Sum partial products, in the order given, into a block of C.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"reduce-0","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"reduce","parts":[{"kind":"array","array":"P0","row":0,"col":0,"rows":9,"cols":9},{"kind":"array","array":"P1","row":0,"col":0,"rows":9,"cols":9}],"c":{"kind":"array","array":"C","row":0,"col":0,"rows":9,"cols":9}}
 */
export const ReducePackage = z.object({
  ...header,
  kind: z.literal('reduce'),
  parts: z.array(TileSource).min(1).max(4096),
  c: TileSink,
  /** Where the transpose of the sum is stored as well. */
  mirror: ArrayPiece.optional(),
});

/** Which random vectors a check uses: `rounds` Gaussian columns from this seed. */
export const CheckVectors = z.object({ seed: z.string().regex(/^\d{1,20}$/), rounds: z.int().positive().max(64) });
export type CheckVectors = z.infer<typeof CheckVectors>;

/**
 * The steps of verification; `elements` compares a sum, `project` and `product` are the two halves of Freivalds' check. Where
 * op(A) has few and long rows, `apply` and `total` do what `product` does: ranges of k first, then their sums.
 */
export const VerifyStep = z.discriminatedUnion('step', [
  /** C = alpha·A + beta·B element by element, exactly; both 1 when absent. */
  z.object({
    step: z.literal('elements'),
    a: TileSource,
    b: TileSource,
    c: TileSource,
    alpha: Scalar.optional(),
    beta: Scalar.optional(),
  }),
  /** A block computed again, for matrices with NaN or infinities in them, which a projection can't see through. */
  z.object({
    step: z.literal('recompute'),
    a: ArrayPiece,
    b: ArrayPiece,
    c: ArrayPiece,
    kStep: z.int().positive(),
    ...gemm,
    c0: ArrayPiece.optional(),
  }),
  /** Rows of Y = [op(B)·r for each round | norm of op(B)'s rows] (rows x (rounds + 1), float64). */
  z.object({
    step: z.literal('project'),
    b: ArrayPiece,
    transB: gemm.transB,
    vectors: CheckVectors,
    y: ArrayPiece,
  }),
  /** Rows of C·r against alpha·op(A)·Y + beta·C0·r. */
  z.object({
    step: z.literal('product'),
    a: ArrayPiece,
    c: ArrayPiece,
    vectors: CheckVectors,
    y: ArrayPiece,
    transA: gemm.transA,
    alpha: gemm.alpha,
    beta: gemm.beta,
    c0: ArrayPiece.optional(),
  }),
  /** One range of k of Z = [op(A)·Y for each round | |op(A)|·norms] (rows x (rounds + 1), float64), not summed with others. */
  z.object({ step: z.literal('apply'), a: ArrayPiece, transA: gemm.transA, y: ArrayPiece, z: ArrayPiece }),
  /** Rows of C·r against alpha·Z + beta·C0·r, where `z` names the ranges of `k` side by side; they are summed in that order. */
  z.object({
    step: z.literal('total'),
    k: z.int().positive(),
    c: ArrayPiece,
    vectors: CheckVectors,
    z: ArrayPiece,
    alpha: gemm.alpha,
    beta: gemm.beta,
    c0: ArrayPiece.optional(),
  }),
]);
export type VerifyStep = z.infer<typeof VerifyStep>;

/**
 * Check stored numbers. The outcome is in the result's `check`.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"verify-1","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"verify","check":{"step":"elements","a":{"kind":"array","array":"A","row":0,"col":0,"rows":5,"cols":5},"b":{"kind":"array","array":"B","row":0,"col":0,"rows":5,"cols":5},"c":{"kind":"array","array":"C","row":0,"col":0,"rows":5,"cols":5}}}
 */
export const VerifyPackage = z.object({
  ...header,
  kind: z.literal('verify'),
  check: VerifyStep,
  /** Workers (by id) that computed what is checked; another one takes the package where there is another. */
  notBy: z.array(z.string().max(80)).max(64).optional(),
});

/**
 * Write rows of an array as CSV text, part `part` of the text `text`.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","packageId":"export-0","replyTo":"ResultToMaster-20260102-030405-abcde","attempt":1,"kind":"export","source":{"kind":"array","array":"C","row":0,"col":0,"rows":100,"cols":100},"text":"C","part":0}
 */
export const ExportPackage = z.object({
  ...header,
  kind: z.literal('export'),
  source: ArrayPiece,
  text: ArrayName,
  part: z.int().nonnegative(),
});

/** One unit of work, complete in itself but for the job's manifest. */
export const WorkPackage = z.discriminatedUnion('kind', [
  GeneratePackage,
  IngestPackage,
  AddPackage,
  MultiplyPackage,
  ReducePackage,
  VerifyPackage,
  ExportPackage,
]);
export type WorkPackage = z.infer<typeof WorkPackage>;
export type PackageKind = WorkPackage['kind'];
/** The package of one kind. */
export type PackageOf<K extends PackageKind> = Extract<WorkPackage, { kind: K }>;

type WithoutHeader<P> = P extends unknown ? Omit<P, keyof typeof header> : never;
/** A package as the plan makes it, before the master addresses it. */
export type PackageBody = WithoutHeader<WorkPackage>;
