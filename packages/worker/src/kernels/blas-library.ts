import type { Dtype } from './kernel.ts';
import type { Koffi, KoffiFunction, KoffiLibrary } from './koffi.ts';

/** A BLAS that was loaded, has cblas and passed the self-test. */
export interface BlasLibrary {
  readonly path: string;
  /** The family and, where the library tells, its version and the core type in use. */
  readonly description: string;
  /** The core type in use, of an OpenBLAS that has several to choose from while it is loaded. */
  readonly coreType: string | undefined;
  readonly gemm: Readonly<Record<Dtype, KoffiFunction>>;
  /** cblas_?axpy(n, alpha, x, incX, y, incY). */
  readonly axpy: Readonly<Record<Dtype, KoffiFunction>>;
  /** Lets a call compute on the thread that makes it. False when the library has no setter that we know. */
  useOneThread(): boolean;
  /** Ends its threads and forgets it. Nothing of it may be called any more, and no call may be running. */
  unload(): void;
}

/** The core type that OpenBLAS is told to use, and the one that it chose by itself. */
export interface NamedCoreType {
  readonly coreType: string;
  readonly ownChoice: string;
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
 * Loads one library, for calls of one thread each, and proves that it multiplies.
 * @param named for an OpenBLAS that is loaded nowhere in this process: it chooses its kernels while it is loaded
 * @returns why not, when it doesn't multiply; a missing file is `found: false`
 */
export function openBlasLibrary(koffi: Koffi, path: string, named?: NamedCoreType): BlasLibrary | RejectedLibrary {
  let library: KoffiLibrary;
  try {
    library = withEnvironment(openBlasSettings(named), () => koffi.load(path));
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
      testGemm(gemm[dtype], dtype, named ? [...testProducts, largeProduct] : testProducts);
      testAxpy(axpy[dtype], dtype);
    }
    return {
      path,
      gemm,
      axpy,
      description: describe(library, path, named),
      coreType: selectedCoreType(library),
      useOneThread: threadSetter(library),
      unload: () => library.unload(),
    };
  } catch (cause) {
    // Else what is loaded next would be this one again, with these kernels. Other families need not bear it.
    if (named) library.unload();
    return { path, found: true, reason: cause instanceof Error ? cause.message : String(cause) };
  }
}

/**
 * What OpenBLAS reads while it is loaded. One that is told of one thread afterwards has started one for each core by then,
 * which ask for work again and again for a tenth of a second before they sleep.
 */
const openBlasSettings = (named: NamedCoreType | undefined) => ({
  OPENBLAS_NUM_THREADS: '1',
  ...(named ? { OPENBLAS_CORETYPE: named.coreType } : {}),
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

interface TestProduct {
  readonly m: number;
  readonly n: number;
  readonly k: number;
  readonly alpha: number;
  /** Of both operands. */
  readonly transposed: boolean;
}

/**
 * A 2×3 by 3×2 one inside wider rows, which a library with 64-bit integers (ilp64) or another argument order gets wrong,
 * and one that is large enough to enter the kernels that the library picked for this processor.
 */
const testProducts: readonly TestProduct[] = [
  { m: 2, n: 2, k: 3, alpha: 2, transposed: false },
  { m: 37, n: 41, k: 43, alpha: 2, transposed: true },
];

/**
 * For kernels that the library did not pick itself: over the million multiply-adds below which those for AVX-512 have code of
 * their own, and with the alpha for which they have some more.
 */
const largeProduct: TestProduct = { m: 101, n: 103, k: 107, alpha: 1, transposed: false };

/**
 * Multiplies small integers, exact in either precision whatever the order of summation. C holds NaN before each: beta = 0
 * must not read it, and what lies between its rows must stay. A row of C is compared by its weighted sum, which takes
 * fewer operations than its elements: these lines run once, slowly, before V8 compiles them.
 */
function testGemm(gemm: KoffiFunction, dtype: Dtype, products: readonly TestProduct[]): void {
  const Reals = dtype === 'float64' ? Float64Array : Float32Array;
  for (const { m, n, k, alpha, transposed } of products) {
    const [lda, ldb, ldc] = [(transposed ? m : k) + 1, (transposed ? k : n) + 2, n + 3];
    const a = new Reals((transposed ? k : m) * lda).map((_, i) => (i % 7) - 3);
    const b = new Reals((transposed ? n : k) * ldb).map((_, i) => (i % 5) - 2);
    const c = new Reals(m * ldc).fill(NaN);
    const transpose = transposed ? cblas.transpose : cblas.noTranspose;
    gemm(cblas.rowMajor, transpose, transpose, m, n, k, alpha, a, lda, b, ldb, 0, c, ldc);

    const ofA = (i: number, p: number): number => a[transposed ? p * lda + i : i * lda + p]!;
    const ofB = (p: number, j: number): number => b[transposed ? j * ldb + p : p * ldb + j]!;
    const weightedB = Array.from({ length: k }, (_, p) => sumOver(n, (j) => ofB(p, j) * (j + 1)));
    for (let i = 0; i < m; i++) {
      const row = c.subarray(i * ldc, i * ldc + n);
      const expected = sumOver(k, (p) => ofA(i, p) * weightedB[p]!) * alpha;
      if (sumOver(n, (j) => row[j]! * (j + 1)) !== expected) {
        const element = (j: number) => sumOver(k, (p) => ofA(i, p) * ofB(p, j)) * alpha;
        const j = row.findIndex((value, column) => value !== element(column));
        throw new Error(
          `its ${dtype} product of ${m}×${k} by ${k}×${n} is wrong: element (${i}, ${j}) is ${row[j]}, not ${element(j)}`,
        );
      }
      if (!c.subarray(i * ldc + n, (i + 1) * ldc).every(Number.isNaN))
        throw new Error(`its ${dtype} product of ${m}×${k} by ${k}×${n} is wrong: it wrote beside row ${i}`);
    }
  }
}

function sumOver(count: number, term: (index: number) => number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += term(index);
  return sum;
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

/** How each family is told how many threads a call may have; a process-wide setting in all of them. */
const threadSetters = [
  'void openblas_set_num_threads(int threads)',
  'void MKL_Set_Num_Threads(int threads)',
  'void bli_thread_set_num_threads(int64_t threads)',
] as const;

function threadSetter(library: KoffiLibrary): () => boolean {
  // Asked for the one thread that it has, OpenBLAS would set up the threads that it then doesn't use: 20 ms and more.
  if (optional(library, 'int openblas_get_num_threads()')?.() === 1) return () => true;
  for (const prototype of threadSetters) {
    const set = optional(library, prototype);
    if (!set) continue;
    return () => {
      set(1);
      return true;
    };
  }
  return () => false;
}

function describe(library: KoffiLibrary, path: string, named: NamedCoreType | undefined): string {
  const config = openBlasConfig(library);
  if (config !== undefined) {
    const version = /OpenBLAS [\d.]+/.exec(config)?.[0] ?? 'OpenBLAS';
    const core = openBlasCore(library);
    if (core === undefined) return `${version}, ${path}`;
    return `${version}, ${core} kernels${named ? ` instead of ${named.ownChoice}` : ''}, ${path}`;
  }
  if (path.includes('mkl')) return `MKL, ${path}`;
  if (path.includes('blis')) return `BLIS, ${path}`;
  if (path.includes('Accelerate')) return `Accelerate, ${path}`;
  return path;
}

/** A build for one processor has a name for it too, and no choice. */
const selectedCoreType = (library: KoffiLibrary): string | undefined =>
  /\bDYNAMIC_ARCH\b/.test(openBlasConfig(library) ?? '') ? openBlasCore(library) : undefined;

const openBlasConfig = (library: KoffiLibrary): string | undefined =>
  text(optional(library, 'const char *openblas_get_config()'));

const openBlasCore = (library: KoffiLibrary): string | undefined =>
  text(optional(library, 'const char *openblas_get_corename()'));

function text(ask: KoffiFunction | undefined): string | undefined {
  const answer = ask?.();
  return typeof answer === 'string' ? answer : undefined;
}

function optional(library: KoffiLibrary, prototype: string): KoffiFunction | undefined {
  try {
    return library.func(prototype);
  } catch {
    return undefined;
  }
}
