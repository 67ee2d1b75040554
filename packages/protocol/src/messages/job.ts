import { z } from 'zod';
import { ArrayName, ClusterName, JobId } from '../ids.ts';
import { OperationName } from '../operation.ts';
import { DType, Shape } from '../shape.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { RandomRecipe } from './work-package.ts';

const Url = z.string().regex(/^(file|s3):\/\/[^\s?#]+$/, 'a file:// or s3:// URL');

/** Rows that lie between two byte offsets of a CSV text, so that its parts can be read apart. */
export const CsvBand = z.object({
  byteStart: z.int().nonnegative(),
  byteEnd: z.int().positive(),
  firstRow: z.int().nonnegative(),
  rows: z.int().positive(),
});
export type CsvBand = z.infer<typeof CsvBand>;

/** A CSV text as its inspection found it. */
export const CsvText = z.object({
  url: Url,
  delimiter: z.string().length(1),
  header: z.boolean(),
  quoted: z.boolean(),
  gzip: z.boolean(),
  bands: z.array(CsvBand).min(1),
});
export type CsvText = z.infer<typeof CsvText>;

/**
 * The operation takes the transpose of what is stored. `shape` is the operand as the operation takes it, so what is
 * stored (and made from a seed, and read from a file) is shape[1] x shape[0]. False when absent.
 */
const transposed = z.boolean().optional();

/** Where an operand comes from. */
export const OperandSpec = z.discriminatedUnion('kind', [
  /** Made by the workers from the seed, stored at `url` (`.zarr` or `.npy`). */
  z.object({ kind: z.literal('random'), shape: Shape, transposed, recipe: RandomRecipe, url: Url }),
  /** Read where it is; `chunk` is the shape of its stored pieces, as stored, where it has any. */
  z.object({ kind: z.literal('array'), shape: Shape, transposed, dtype: DType, url: Url, chunk: Shape.optional() }),
  /** Parsed by the workers into an array of the workspace. */
  z.object({ kind: z.literal('csv'), shape: Shape, transposed, csv: CsvText }),
]);
export type OperandSpec = z.infer<typeof OperandSpec>;

/** Kernels a person may ask for. */
export const KernelPreference = z.enum(['auto', 'loops', 'wasm', 'blas', 'gpu', 'wgsl']);
export type KernelPreference = z.infer<typeof KernelPreference>;

/**
 * A job as the CLI submits it: object `jobs/<jobId>/job.json` of the fleet's bucket.
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","cluster":"default","op":"add","operands":{"A":{"kind":"random","shape":[10,10],"recipe":{"seed":"7","operand":0,"distribution":{"kind":"uniform"}},"url":"file:///tmp/w/A.zarr"},"B":{"kind":"random","shape":[10,10],"recipe":{"seed":"7","operand":1,"distribution":{"kind":"uniform"}},"url":"file:///tmp/w/B.zarr"}},"dtype":"float64","kernel":"auto","fleet":{"workers":2,"memoryBytes":943718400,"cores":1},"workspace":"file:///tmp/w","output":{"url":"file:///tmp/w/C.zarr"},"exports":[],"verify":{"rounds":2}}
 * @example {"v":1,"bundle":"0.1.0","jobId":"20260102-030405-abcde","cluster":"default","op":"multiply","operands":{"A":{"kind":"array","shape":[20,30],"transposed":true,"dtype":"float64","url":"file:///tmp/a.npy"},"B":{"kind":"array","shape":[30,10],"dtype":"float64","url":"file:///tmp/b.zarr","chunk":[30,10]},"C0":{"kind":"array","shape":[20,10],"dtype":"float64","url":"file:///tmp/c0.npy"}},"alpha":2,"beta":-1,"dtype":"float64","kernel":"auto","fleet":{"workers":2,"memoryBytes":943718400,"cores":1,"rates":{"flopsPerSecond":40000000000}},"workspace":"file:///tmp/w","output":{"url":"file:///tmp/w/C.npy"},"exports":[],"verify":{"rounds":2}}
 */
export const JobSpec = z.object({
  v: z.literal(PROTOCOL_VERSION),
  bundle: z.string().max(40),
  jobId: JobId,
  cluster: ClusterName,
  op: OperationName,
  /** An operation of one operand is given it again as B and never looks at that. C0 is added to a product. */
  operands: z.object({ A: OperandSpec, B: OperandSpec, C0: OperandSpec.optional() }),
  /** C = alpha·op(A)·op(B) + beta·C0, the GEMM of the BLAS. Both 1 when absent. */
  alpha: z.number().optional(),
  beta: z.number().optional(),
  dtype: DType,
  kernel: KernelPreference,
  /** What the plan may count on: workers, and per worker its memory budget and cores. */
  fleet: z.object({
    workers: z.int().positive().max(100_000),
    memoryBytes: z.int().positive(),
    cores: z.int().positive(),
    /** What was measured of a worker; the plan assumes what isn't given. */
    rates: z
      .object({
        flopsPerSecond: z.number().positive().optional(),
        bytesPerSecond: z.number().positive().optional(),
        secondsPerPackage: z.number().nonnegative().optional(),
      })
      .optional(),
  }),
  /** Folder or prefix for everything that the job stores and names itself. */
  workspace: Url,
  /** Where C is stored: `.zarr`, or `.npy` on a local disk. */
  output: z.object({ url: Url }),
  /** Arrays that are also written as CSV parts `<workspace>/<name>.csv/<part>`, to be joined by the CLI. */
  exports: z.array(ArrayName),
  verify: z.object({ rounds: z.int().nonnegative().max(64) }),
});
export type JobSpec = z.infer<typeof JobSpec>;

/** An array of a job: where it is and what it holds. */
export const ArrayDeclaration = z.object({
  url: Url,
  shape: Shape,
  dtype: DType,
  chunk: Shape,
  /** The chunks that its hash is taken of (see `MatrixHash`), where these are others: runs of bytes in its file. */
  hashChunk: Shape.optional(),
});
export type ArrayDeclaration = z.infer<typeof ArrayDeclaration>;

/**
 * What a job's packages may name, written by its master as `jobs/<jobId>/manifest.json` before it sends any. A worker
 * touches only what stands here.
 * @example {"v":1,"jobId":"20260102-030405-abcde","op":"add","dtype":"float64","kernel":"auto","workspace":"file:///tmp/w","arrays":{"A":{"url":"file:///tmp/w/A.zarr","shape":[10,10],"dtype":"float64","chunk":[10,10]}},"texts":{}}
 */
export const Manifest = z.object({
  v: z.literal(PROTOCOL_VERSION),
  jobId: JobId,
  op: OperationName,
  dtype: DType,
  kernel: KernelPreference,
  workspace: Url,
  /** Resident size that the plan counts on for a worker process: it frees what it dropped before it takes more. */
  memoryBytes: z.int().positive().optional(),
  arrays: z.record(ArrayName, ArrayDeclaration),
  texts: z.record(ArrayName, CsvText),
});
export type Manifest = z.infer<typeof Manifest>;

/** Key of a job's objects in the fleet's bucket. */
export function jobKey(jobId: JobId, object: 'job' | 'manifest' | 'report' | 'certificate'): string {
  return `jobs/${jobId}/${object}.json`;
}
