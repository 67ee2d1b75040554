import { asAxpy } from './axpy.ts';
import { blasCandidates, cblas, openBlasLibrary } from './blas-library.ts';
import type { BlasLibrary, RejectedLibrary } from './blas-library.ts';
import { checkElementWise, checkGemm } from './check-job.ts';
import { addElementWise } from './element-wise.ts';
import { KernelFailed } from './errors.ts';
import { elementsPerTurn, inBands, isSmall } from './event-loop.ts';
import { dtypeOf } from './kernel.ts';
import type { ElementWise, Gemm, Kernel, KernelLog, KernelUnavailable } from './kernel.ts';
import type { Koffi, KoffiFunction } from './koffi.ts';
import { askedCoreType, lacksAvx2, runnableCoreTypes } from './openblas-core-type.ts';
import { readCpuInfo } from './processor-flags.ts';
import { isScaleOnly, scaleC } from './scale.ts';
import { Slots } from './slots.ts';
import { cellsOf, splitGemm } from './split-gemm.ts';
import type { Trials } from './trials.ts';

export interface BlasOptions {
  /**
   * The worker's share of the cores: as many calls are in flight, of one thread each. A library that shares out a product
   * among its threads rounds by their number.
   */
  readonly threads: number;
  /** Only this library is tried. */
  readonly blasPath?: string | undefined;
  readonly koffi: () => Promise<Koffi>;
  readonly log: KernelLog;
  /** Where crashes of a library are remembered; without it a library that kills the process is tried by every worker. */
  readonly trials?: Trials | undefined;
  readonly platform?: NodeJS.Platform;
  /** The text of Linux's /proc/cpuinfo, or an empty one; by default this machine's. */
  readonly cpuInfo?: () => string;
}

/** The system's BLAS through koffi: OpenBLAS, MKL, BLIS or Accelerate, the first that is found and multiplies rightly. */
export async function openBlas(options: BlasOptions): Promise<Kernel | KernelUnavailable> {
  let koffi: Koffi;
  try {
    koffi = await options.koffi();
  } catch (cause) {
    return unavailable(`koffi can't be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const found = findBlas(koffi, options);
  if (!('gemm' in found)) return found;
  // One that we can't tell has threads of its own.
  return blasKernel(found, found.useOneThread() ? options.threads : 1);
}

function findBlas(koffi: Koffi, options: BlasOptions): BlasLibrary | KernelUnavailable {
  const { blasPath, log, platform = process.platform } = options;
  const broken: RejectedLibrary[] = [];
  const names = blasPath ? [blasPath] : (blasCandidates[platform] ?? []);
  for (const name of names) {
    const library = openFastest(koffi, name, options);
    if ('gemm' in library) return library;
    if (!library.found && !blasPath) continue;
    broken.push(library);
    log(`blas: ${library.path} can't be used: ${library.reason}`);
  }
  if (broken.length > 0) return unavailable(broken.map(({ path, reason }) => `${path}: ${reason}`).join('; '));
  return unavailable(`no BLAS library found (tried ${names.join(', ') || `none: unknown platform ${platform}`})`);
}

/**
 * Opens a library as it is and, where it is an OpenBLAS that took kernels without AVX2 for a processor with more, once more
 * with a core type named. Each core type is a trial of its own, begun when that of the library as it is has ended: one
 * that ends the process (the flags of a virtual machine may promise too much) costs the core type and not the library.
 */
function openFastest(
  koffi: Koffi,
  name: string,
  { log, trials, cpuInfo = readCpuInfo }: BlasOptions,
): BlasLibrary | RejectedLibrary {
  const attempt = <Result>(trial: string, open: () => Result) => (trials ? trials.attempt(trial, open) : open());
  const openAsItIs = () => attempt(name, () => openBlasLibrary(koffi, name)) ?? crashed(name);

  const asItIs = openAsItIs();
  if (!('gemm' in asItIs) || asItIs.coreType === undefined) return asItIs;
  const { coreType: ownChoice } = asItIs;
  if (!lacksAvx2(ownChoice) || askedCoreType() !== undefined) return asItIs;

  let inUse: BlasLibrary | undefined = asItIs;
  const refusals: string[] = [];
  for (const coreType of runnableCoreTypes(cpuInfo())) {
    const open = () => {
      inUse?.unload();
      inUse = undefined;
      return openBlasLibrary(koffi, name, { coreType, ownChoice });
    };
    const named = attempt(`${name} with ${coreType} kernels`, open) ?? crashed(name);
    if (!('gemm' in named)) refusals.push(`with ${coreType} kernels ${named.reason}`);
    else if (lacksAvx2(named.coreType ?? ownChoice)) {
      named.unload();
      refusals.push(`it did not take ${coreType} kernels when told to`);
    } else {
      log(
        `blas: ${name} chose ${ownChoice} kernels, which know no AVX2, and was told to use ${named.coreType} ones, ` +
          'which this processor can run (set OPENBLAS_CORETYPE to decide yourself)',
      );
      return named;
    }
  }
  if (refusals.length > 0) log(`blas: ${name} keeps its ${ownChoice} kernels: ${refusals.join('; ')}`);
  return inUse ?? openAsItIs();
}

const crashed = (path: string): RejectedLibrary => ({
  path,
  found: true,
  reason: 'it ended the workers that tried it in the last 24 hours',
});

const unavailable = (reason: string): KernelUnavailable => ({ _tag: 'KernelUnavailable', kernel: 'blas', reason });

function blasKernel(library: BlasLibrary, threads: number): Kernel {
  const slots = new Slots(threads);
  /** Calls off the event loop, on libuv's threads. koffi holds the arrays until the call is over. */
  const call = (routine: KoffiFunction, args: unknown[], task: string): Promise<void> =>
    slots.use(
      () =>
        new Promise((resolve, reject) => {
          routine.async(...args, (cause: unknown) => {
            if (cause) reject(new KernelFailed('blas', `the call of ${library.path} for ${task} failed`, cause));
            else resolve();
          });
        }),
    );
  return {
    name: 'blas',
    detail: library.description,
    supports: () => true,
    takesAnyMemory: async () => true,
    async add(job: ElementWise): Promise<void> {
      checkElementWise(job);
      const axpy = asAxpy(job);
      if (!axpy) return addElementWise(job);
      const { length, scale, x, y, first } = axpy;
      const args = [length, scale, x, 1, y, 1];
      const routine = library.axpy[dtypeOf(y)];
      // On this thread, as the loop would be: each band must still be in the caches when its turn to be added to comes.
      if (first)
        await inBands(length, 1, (from, to) => {
          const band = y.subarray(from, to);
          band.set(first.subarray(from, to));
          routine(to - from, scale, x.subarray(from, to), 1, band, 1);
        });
      else if (length <= elementsPerTurn) routine(...args);
      else await call(routine, args, `adding ${length} elements`);
    },
    async gemm(job: Gemm): Promise<void> {
      checkGemm(job);
      if (isScaleOnly(job)) return scaleC(job);
      const gemm = library.gemm[dtypeOf(job.c)];
      // OpenBLAS takes other code at the edges of a C and, with the kernels of some processors, anywhere in it.
      const parts = job.cell ? cellsOf(job) : splitGemm(job, threads);
      if (isSmall(job)) for (const part of parts) gemm(...argumentsOf(part));
      else await all(parts.map((part) => call(gemm, argumentsOf(part), `multiplying ${part.m}×${part.n}×${part.k}`)));
    },
    workspaceBytes: () => 0,
    close: () => slots.drain(),
  };
}

/** Waits for all calls, for the arrays are theirs until then. @throws what the first that failed did */
async function all(calls: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(calls);
  const failed = results.find((result) => result.status === 'rejected');
  if (failed) throw failed.reason;
}

function argumentsOf({
  m,
  n,
  k,
  alpha,
  beta,
  a,
  aOffset,
  lda,
  transA,
  b,
  bOffset,
  ldb,
  transB,
  c,
  cOffset,
  ldc,
}: Gemm): unknown[] {
  return [
    cblas.rowMajor,
    transA ? cblas.transpose : cblas.noTranspose,
    transB ? cblas.transpose : cblas.noTranspose,
    m,
    n,
    k,
    alpha,
    aOffset === 0 ? a : a.subarray(aOffset),
    lda,
    bOffset === 0 ? b : b.subarray(bOffset),
    ldb,
    beta,
    cOffset === 0 ? c : c.subarray(cOffset),
    ldc,
  ];
}
