import type { Dtype } from './kernel.ts';
import type { Koffi, KoffiFunction, KoffiLibrary } from './koffi.ts';

/** A BLAS that was loaded, has cblas and passed the self-test. */
export interface BlasLibrary {
  readonly path: string;
  /** The family and, where the library tells, its version and the core type it chose. */
  readonly description: string;
  readonly gemm: Readonly<Record<Dtype, KoffiFunction>>;
  /** cblas_?axpy(n, alpha, x, incX, y, incY). */
  readonly axpy: Readonly<Record<Dtype, KoffiFunction>>;
  /** False when the library has no setter that we know: it then decides by itself. */
  setThreads(threads: number): boolean;
}

/** Constants of cblas.h (netlib): CblasRowMajor, CblasNoTrans, CblasTrans. */
export const cblas = { rowMajor: 101, noTranspose: 111, transpose: 112 } as const;

/**
 * Names to try on each platform, fastest libraries first. `libopenblasp` and `libopenblaso` are Fedora's and Amazon Linux's
 * builds with threads; `libblas.so.3` may be the slow reference one or an alias of a fast one.
 */
export const blasCandidates: Readonly<Partial<Record<NodeJS.Platform, readonly string[]>>> = {
  linux: [
    'libopenblas.so.0',
    'libopenblasp.so.0',
    'libopenblaso.so.0',
    'libopenblas.so',
    'libmkl_rt.so.2',
    'libmkl_rt.so',
    'libblis.so.4',
    'libflexiblas.so.3',
    'libcblas.so.3',
    'libblas.so.3',
  ],
  darwin: [
    '/System/Library/Frameworks/Accelerate.framework/Accelerate',
    '/opt/homebrew/opt/openblas/lib/libopenblas.dylib',
    '/usr/local/opt/openblas/lib/libopenblas.dylib',
  ],
  win32: ['libopenblas.dll', 'mkl_rt.2.dll'],
};

/** A library that was found but can't be used, or was not found at all. */
export interface RejectedLibrary {
  readonly path: string;
  readonly found: boolean;
  readonly reason: string;
}

/**
 * Loads one library for calls with so many threads and proves that it multiplies. @returns why not, when it doesn't; a
 * missing file is `found: false`
 */
export function openBlasLibrary(koffi: Koffi, path: string, threads: number): BlasLibrary | RejectedLibrary {
  let library: KoffiLibrary;
  try {
    library = withEnvironment(openBlasSettings(threads), () => koffi.load(path));
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    return { path, found: !/no such file|cannot open|not found|cannot find/i.test(reason), reason };
  }
  try {
    const gemm = {
      float64: library.func(gemmPrototype('d', 'double')),
      float32: library.func(gemmPrototype('s', 'float')),
    };
    const axpy = {
      float64: library.func(axpyPrototype('d', 'double')),
      float32: library.func(axpyPrototype('s', 'float')),
    };
    for (const dtype of ['float64', 'float32'] as const) {
      testGemm(gemm[dtype], dtype);
      testAxpy(axpy[dtype], dtype);
    }
    return { path, gemm, axpy, description: describe(library, path), setThreads: threadSetter(library) };
  } catch (cause) {
    return { path, found: true, reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

/**
 * What OpenBLAS reads while it is loaded. One that is told its threads afterwards has started one for each core by then.
 * Idle threads ask for work again and again for 2^28 cycles, a tenth of a second, before they sleep; 2^20 are enough
 * between two calls, and leave the core to others.
 */
const openBlasSettings = (threads: number) => ({
  OPENBLAS_NUM_THREADS: String(threads),
  OPENBLAS_THREAD_TIMEOUT: '20',
});

/** Sets variables for what is loaded meanwhile, and no longer. */
function withEnvironment<T>(variables: Readonly<Record<string, string>>, load: () => T): T {
  const before = Object.keys(variables).map((name) => [name, process.env[name]] as const);
  try {
    Object.assign(process.env, variables);
    return load();
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

const gemmPrototype = (letter: string, real: string): string =>
  `void cblas_${letter}gemm(int order, int transA, int transB, int m, int n, int k, ${real} alpha, const void *a, int lda, const void *b, int ldb, ${real} beta, void *c, int ldc)`;

const axpyPrototype = (letter: string, real: string): string =>
  `void cblas_${letter}axpy(int n, ${real} alpha, const void *x, int incX, void *y, int incY)`;

/**
 * Two products of small integers, exact in either precision whatever the order of summation: a 2×3 by 3×2 one inside
 * wider rows, which a library with 64-bit integers (ilp64) or another argument order gets wrong, and one of 37×41×43,
 * transposed, large enough to enter the kernels that the library picked for this processor.
 * C holds NaN before each: beta = 0 must not read it.
 */
function testGemm(gemm: KoffiFunction, dtype: Dtype): void {
  for (const [m, n, k, transA, transB] of [
    [2, 2, 3, false, false],
    [37, 41, 43, true, true],
  ] as const) {
    const Reals = dtype === 'float64' ? Float64Array : Float32Array;
    const lda = (transA ? m : k) + 1;
    const ldb = (transB ? k : n) + 2;
    const ldc = n + 3;
    const a = new Reals((transA ? k : m) * lda).map((_, i) => (i % 7) - 3);
    const b = new Reals((transB ? n : k) * ldb).map((_, i) => (i % 5) - 2);
    const c = new Reals(m * ldc).fill(NaN);
    const transpose = (flag: boolean) => (flag ? cblas.transpose : cblas.noTranspose);
    gemm(cblas.rowMajor, transpose(transA), transpose(transB), m, n, k, 2, a, lda, b, ldb, 0, c, ldc);
    for (let i = 0; i < m; i++)
      for (let j = 0; j < ldc; j++) {
        let sum = 0;
        for (let p = 0; p < k; p++)
          sum += a[transA ? p * lda + i : i * lda + p]! * b[transB ? j * ldb + p : p * ldb + j]!;
        const expected = j < n ? 2 * sum : NaN;
        if (!Object.is(c[i * ldc + j]! + 0, expected + 0))
          throw new Error(
            `its ${dtype} product of ${m}×${k} by ${k}×${n} is wrong: element (${i}, ${j}) is ${c[i * ldc + j]}, not ${expected}`,
          );
      }
  }
}

/** A difference of 37 small integers, exact in either precision. */
function testAxpy(axpy: KoffiFunction, dtype: Dtype): void {
  const Reals = dtype === 'float64' ? Float64Array : Float32Array;
  const [x, y] = [new Reals(37).map((_, i) => i), new Reals(37).map((_, i) => i * i)];
  axpy(37, -1, x, 1, y, 1);
  const wrong = y.findIndex((element, i) => element !== i * i - i);
  if (wrong >= 0)
    throw new Error(
      `its ${dtype} difference of vectors is wrong: element ${wrong} is ${y[wrong]}, not ${wrong * wrong - wrong}`,
    );
}

/** How each family is told its thread count; a process-wide setting in all of them. */
const threadSetters = [
  'void openblas_set_num_threads(int threads)',
  'void MKL_Set_Num_Threads(int threads)',
  'void bli_thread_set_num_threads(int64_t threads)',
] as const;

function threadSetter(library: KoffiLibrary): (threads: number) => boolean {
  for (const prototype of threadSetters) {
    const set = optional(library, prototype);
    if (!set) continue;
    return (threads) => {
      set(threads);
      return true;
    };
  }
  return () => false;
}

function describe(library: KoffiLibrary, path: string): string {
  const config = optional(library, 'const char *openblas_get_config()')?.();
  if (typeof config === 'string') {
    const version = /OpenBLAS [\d.]+/.exec(config)?.[0] ?? 'OpenBLAS';
    const core = optional(library, 'const char *openblas_get_corename()')?.();
    return typeof core === 'string' ? `${version}, ${core} kernels, ${path}` : `${version}, ${path}`;
  }
  if (path.includes('mkl')) return `MKL, ${path}`;
  if (path.includes('blis')) return `BLIS, ${path}`;
  if (path.includes('Accelerate')) return `Accelerate, ${path}`;
  return path;
}

function optional(library: KoffiLibrary, prototype: string): KoffiFunction | undefined {
  try {
    return library.func(prototype);
  } catch {
    return undefined;
  }
}
