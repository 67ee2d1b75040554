import { z } from 'zod';
import { JobId, PackageId } from '../ids.ts';
import { OperationName } from '../operation.ts';
import { DType, Shape } from '../shape.ts';
import { PROTOCOL_VERSION } from '../version.ts';
import { RandomRecipe } from './work-package.ts';

const MOST_CHUNK_ELEMENTS = 2 ** 31;

/**
 * A hash of a matrix's elements that anybody can compute, whatever file they are in. Cut the matrix into chunks of `chunk`
 * rows and columns; pad those at its right and lower edge with zeros to the full size; take of each chunk the CRC-32C of
 * its elements, row by row, little-endian in the matrix's `dtype`, as four bytes, little-endian; `sha256` is that of all
 * these four bytes together, chunks from left to right and then downwards.
 *
 * In a Zarr v3 array with the codecs `bytes` and `crc32c` and this chunk shape they are the last four bytes of each chunk.
 * It tells any change by accident, but is none against forgers: a CRC-32C can be met on purpose.
 */
export const MatrixHash = z.object({
  // Of a chunk that is larger than its matrix most is padding, which takes time and proves nothing.
  chunk: Shape.refine(([rows, cols]) => rows * cols <= MOST_CHUNK_ELEMENTS, 'a chunk has at most 2^31 elements'),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
});
export type MatrixHash = z.infer<typeof MatrixHash>;

/** A matrix as the checks read it; `hash` is null where they did not read it in whole chunks. */
const matrix = { shape: Shape, dtype: DType, hash: MatrixHash.nullable() };

/** An operand as it was stored when it was read; `shape` is that of what is stored, also where its transpose is meant. */
export const CertifiedOperand = z.object({
  ...matrix,
  transposed: z.boolean().optional(),
  /** Where it was read from: an array, or a CSV text. */
  url: z.string(),
  /** What it was made from, where the job made it. */
  recipe: RandomRecipe.optional(),
});
export type CertifiedOperand = z.infer<typeof CertifiedOperand>;

const time = z.iso.datetime();

/**
 * What was verified, how, by whom and with what result: object `jobs/<jobId>/certificate.json`, written only when every
 * check was passed, and put beside C.
 * @example {"v":1,"bundle":"0.1.0","node":"24.21.0","jobId":"20260102-030405-abcde","op":"multiply","operands":{"A":{"shape":[20,30],"dtype":"float64","hash":{"chunk":[20,30],"sha256":"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},"url":"file:///tmp/a.npy"},"B":{"shape":[30,10],"dtype":"float64","hash":null,"url":"file:///tmp/w/B.zarr","recipe":{"seed":"7","operand":1,"distribution":{"kind":"uniform"}}}},"C":{"shape":[20,10],"dtype":"float64","hash":null},"verification":{"method":"freivalds","rounds":2,"vectors":{"seed":"12345","generator":"philox4x32-10","distribution":"gaussian"},"startedAt":"2026-01-02T03:04:05.000Z","endedAt":"2026-01-02T03:04:06.000Z","checks":[{"packageId":"verify-0","worker":"i-0abc/71","ok":true,"worst":0.01,"residual":1e-13,"tolerance":1e-11}]},"workers":{"i-0abc/71":{"bundle":"0.1.0","node":"24.21.0","kernels":[{"name":"blas","detail":"OpenBLAS 0.3.26"}]}}}
 */
export const Certificate = z.object({
  v: z.literal(PROTOCOL_VERSION),
  /** Of the master. */
  bundle: z.string().max(40),
  node: z.string().max(40).optional(),
  jobId: JobId,
  op: OperationName,
  operands: z.object({ A: CertifiedOperand, B: CertifiedOperand.optional(), C0: CertifiedOperand.optional() }),
  /** C = alpha·op(A)·op(B) + beta·C0; both 1 when absent. */
  alpha: z.number().optional(),
  beta: z.number().optional(),
  C: z.object(matrix),
  verification: z.object({
    method: z.enum(['exact', 'freivalds', 'recompute']),
    rounds: z.int().positive(),
    /** The random vectors of a product's check: round i is stream i of this seed. */
    vectors: z
      .object({
        seed: z.string().regex(/^\d{1,20}$/),
        generator: z.literal('philox4x32-10'),
        distribution: z.literal('gaussian'),
      })
      .optional(),
    startedAt: time,
    endedAt: time,
    /** Every package that looked at C; see `CheckOutcome` for `worst`, `residual` and `tolerance`. */
    checks: z.array(
      z.object({
        packageId: PackageId,
        worker: z.string().min(1).max(80),
        ok: z.boolean(),
        worst: z.number().nullable(),
        residual: z.number().nonnegative().optional(),
        tolerance: z.number().nonnegative().optional(),
      }),
    ),
  }),
  /** Every worker that answered, and the kernels that it computed with. */
  workers: z.record(
    z.string(),
    z.object({
      bundle: z.string().max(40),
      node: z.string().max(40).optional(),
      kernels: z.array(z.object({ name: z.string().max(20), detail: z.string().max(300) })),
    }),
  ),
});
export type Certificate = z.infer<typeof Certificate>;
