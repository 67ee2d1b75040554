/**
 * What every kernel offers and what it is given. A kernel knows numbers and nothing else: no queues, stores,
 * configuration or environment reach it.
 *
 * Rules that all kernels keep, so that callers may swap them freely:
 * - Matrices are row-major views: element (i, j) of C is `c[cOffset + i * ldc + j]`. Nothing outside the view is written.
 * - Scalars follow the BLAS (Dongarra et al., "A set of level 3 BLAS", 1990): `beta = 0` never reads C, so C may hold
 *   NaN or garbage; `alpha = 0` or `k = 0` reads neither A nor B, so C := beta·C even if A holds NaN. Otherwise NaN and
 *   infinities propagate as IEEE 754 says.
 * - Until the promise settles nobody else may write A or B, or read or write C, and no buffer may be resized or transferred.
 * - C must not overlap A or B in `gemm`. In `add` C may be exactly A or exactly B (same offset and stride).
 */
export type Elements = Float64Array | Float32Array;

export type Dtype = 'float64' | 'float32';

export type KernelName = 'loops' | 'wasm' | 'blas' | 'gpu' | 'wgsl';

export type KernelOperation = 'multiply' | 'add';

/** C[m×n] := alpha · op(A)[m×k] · op(B)[k×n] + beta · C, where op transposes the stored matrix if its flag is set. */
export interface Gemm<T extends Elements = Elements> {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  readonly beta: number;
  readonly a: T;
  readonly aOffset: number;
  /** Elements between the starts of two stored rows of A: at least k, or at least m when `transA`. */
  readonly lda: number;
  readonly transA: boolean;
  readonly b: T;
  readonly bOffset: number;
  readonly ldb: number;
  readonly transB: boolean;
  readonly c: T;
  readonly cOffset: number;
  readonly ldc: number;
  /**
   * Pieces of C, from its first element on, of which each gets the bits that it would get as a job of its own. Where a job is
   * part of a larger product, whole cells of that: then nobody sees in C how it was shared out.
   */
  readonly cell?: {
    readonly rows: number;
    readonly cols: number;
    /** So much of k is summed from zero, and these sums are added in order. Only for kernels that say so (`sumsPieces`). */
    readonly k?: number;
  };
}

/** C := alpha · A + beta · B element-wise over rows×cols views; a zero scalar leaves its matrix unread. */
export interface ElementWise<T extends Elements = Elements> {
  readonly rows: number;
  readonly cols: number;
  readonly alpha: number;
  readonly a: T;
  readonly aOffset: number;
  readonly lda: number;
  readonly beta: number;
  readonly b: T;
  readonly bOffset: number;
  readonly ldb: number;
  readonly c: T;
  readonly cOffset: number;
  readonly ldc: number;
}

export interface Kernel {
  readonly name: KernelName;
  /** What exactly computes: the library and its core type, `relaxed fma`, the adapter's name. */
  readonly detail: string;
  /** True for a GPU that the CPU plays (SwiftShader): correct, slower than anything else, never chosen by itself. */
  readonly software?: boolean;
  supports(operation: KernelOperation, dtype: Dtype): boolean;
  /** Whether operands of a product may lie outside shared memory at no cost. False where nothing is said. */
  takesAnyMemory?(): Promise<boolean>;
  /**
   * Whether a call may go over more of k than its cell: with the bits of calls over one cell of k each, of which all but the
   * first add to C. False where nothing is said.
   */
  sumsPieces?(job: Gemm): Promise<boolean>;
  /** @throws KernelInputError when a view does not fit its array, KernelFailed when the computation itself broke. */
  gemm(job: Gemm): Promise<void>;
  /** @throws KernelInputError when a view does not fit its array. */
  add(job: ElementWise): Promise<void>;
  /** Bytes that the kernel holds for this job beside A, B and C: packing panels and staging copies. */
  workspaceBytes(job: Gemm | ElementWise): number;
  /** Waits for running jobs and ends every thread; the kernel refuses later jobs. */
  close(): Promise<void>;
}

/** Why a kernel can't be had here: `reason` is a sentence for a person, `remedy` says what to do, if anything helps. */
export interface KernelUnavailable {
  readonly _tag: 'KernelUnavailable';
  readonly kernel: KernelName;
  readonly reason: string;
  readonly remedy?: string;
}

/** A measured rate: gflops counts 2mnk per multiply, GB/s counts the three streams of an addition. */
export interface KernelRate {
  readonly kernel: KernelName;
  readonly op: KernelOperation;
  readonly dtype: Dtype;
  readonly rate: number;
  readonly unit: 'gflops' | 'GB/s';
  readonly detail: string;
}

export type KernelLog = (message: string) => void;

export const isUnavailable = (opened: Kernel | KernelUnavailable): opened is KernelUnavailable => '_tag' in opened;

export const dtypeOf = (elements: Elements): Dtype => (elements instanceof Float64Array ? 'float64' : 'float32');

export const isGemm = (job: Gemm | ElementWise): job is Gemm => 'k' in job;
