import { measure } from './calibrate.ts';
import type { MonotonicClock } from './calibrate.ts';
import { gpuDeviceFiles, mayHaveGpu } from './gpu-presence.ts';
import { isUnavailable } from './kernel.ts';
import type { Kernel, KernelName, KernelRate, KernelUnavailable } from './kernel.ts';
import { thisMachine } from './machine.ts';
import { openKernel } from './open.ts';
import type { OpenKernelOptions } from './open.ts';
import { RateCache } from './rate-cache.ts';
import { blasGain, installBlasCommand } from './remedy.ts';

export interface DiagnoseOptions extends OpenKernelOptions {
  readonly clock: MonotonicClock;
  readonly version: string;
}

/** One kernel on this machine: what it is and how fast, or why it can't be had and what to do about it. */
export interface KernelDiagnosis {
  readonly kernel: KernelName;
  readonly available: boolean;
  readonly detail?: string;
  readonly reason?: string;
  readonly remedy?: string;
  /** What the remedy may bring: GFLOPS of the best kernel now, and about how many with it. */
  readonly gain?: { readonly from: number; readonly to: number };
  readonly rates: readonly KernelRate[];
}

export const kernelNames: readonly KernelName[] = ['blas', 'wasm', 'loops', 'wgsl', 'gpu'];

/**
 * Opens and measures every kernel, for `doctor`: about half a second, more with a GPU. The rates go to the cache, so the
 * next worker starts with them.
 */
export async function diagnoseKernels(options: DiagnoseOptions): Promise<KernelDiagnosis[]> {
  const { threads, version, blasPath, cacheDir, clock } = options;
  const opened = new Map<KernelName, Kernel | KernelUnavailable>();
  for (const name of kernelNames) opened.set(name, await open(name, options));
  const available = [...opened.values()].filter((kernel): kernel is Kernel => !isUnavailable(kernel));
  try {
    const rates = await measureAll(available, clock);
    if (cacheDir)
      await new RateCache(cacheDir, thisMachine(threads, version, blasPath)).add(rates.filter(isChoosable(available)));
    return [...opened].map(([name, kernel]) =>
      isUnavailable(kernel)
        ? {
            kernel: name,
            available: false,
            reason: kernel.reason,
            rates: [],
            ...(name === 'blas' ? blasRemedy(rates, blasPath) : kernel.remedy ? { remedy: kernel.remedy } : {}),
          }
        : {
            kernel: name,
            available: true,
            detail: kernel.detail,
            rates: rates.filter((rate) => rate.kernel === name),
          },
    );
  } finally {
    for (const kernel of available) await kernel.close();
  }
}

/** A device is asked for only where one may be, so that Dawn's complaints don't end up in the answer. */
async function open(name: KernelName, options: OpenKernelOptions): Promise<Kernel | KernelUnavailable> {
  if ((name === 'gpu' || name === 'wgsl') && !mayHaveGpu())
    return {
      _tag: 'KernelUnavailable',
      kernel: name,
      reason: `no GPU found (none of ${gpuDeviceFiles.join(', ')} exists)`,
    };
  return openKernel(name, options);
}

async function measureAll(kernels: readonly Kernel[], clock: MonotonicClock): Promise<KernelRate[]> {
  const rates: KernelRate[] = [];
  const onDevices = kernels.filter(({ name }) => name === 'gpu' || name === 'wgsl');
  const onCpu = kernels.filter((kernel) => !onDevices.includes(kernel));
  for (const dtype of ['float64', 'float32'] as const) {
    for (const group of [onCpu, onDevices.filter(({ software }) => !software)])
      rates.push(...(await measure(group, 'multiply', dtype, clock)));
    rates.push(...(await measure(onCpu, 'add', dtype, clock)));
  }
  return rates;
}

const isChoosable = (kernels: readonly Kernel[]) => (rate: KernelRate) =>
  kernels.some(({ name, software }) => name === rate.kernel && !software);

function blasRemedy(
  rates: readonly KernelRate[],
  blasPath: string | undefined,
): Pick<KernelDiagnosis, 'remedy' | 'gain'> {
  const wasm = rates.find(({ kernel, op, dtype }) => kernel === 'wasm' && op === 'multiply' && dtype === 'float64');
  const remedy = blasPath
    ? 'set TESSERA_BLAS to another library, or unset it to have one found'
    : installBlasCommand(process.platform);
  if (!wasm) return { remedy };
  const bits = wasm.detail.includes('256-bit') ? 256 : 128;
  return { remedy, gain: { from: wasm.rate, to: wasm.rate * blasGain(process.arch, bits) } };
}
