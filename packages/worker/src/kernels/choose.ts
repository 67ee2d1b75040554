import { addElementWise } from './element-wise.ts';
import { KernelFailed, KernelUsageError } from './errors.ts';
import { isUnavailable } from './kernel.ts';
import type { Dtype, ElementWise, Gemm, Kernel, KernelName, KernelOperation, KernelRate } from './kernel.ts';
import { openKernel } from './open.ts';
import type { OpenKernelOptions } from './open.ts';

export interface ChooseOptions extends OpenKernelOptions {
  readonly requested: KernelName | 'auto';
  /** Where measured rates are kept between runs; without it every worker measures for itself. */
  readonly cacheDir?: string | undefined;
  /** Milliseconds on a clock that never goes back. */
  readonly clock: () => number;
  /** The worker's version: other code may have other rates. */
  readonly version: string;
}

export interface KernelChoice {
  /** The kernel for an operation now; asked again for each package, it follows what has been measured since. */
  pick(operation: KernelOperation, dtype: Dtype): Kernel;
  /** What has been measured so far, here or by an earlier worker on this machine. */
  rates(): readonly KernelRate[];
  close(): Promise<void>;
}

/** Fastest first where nothing has been measured yet. */
export const defaultOrder: readonly KernelName[] = ['blas', 'wasm', 'loops'];

/** @throws KernelUsageError when the kernel can't compute the dtype at all, with what to do instead */
export function assertKernelSupports(kernel: KernelName | 'auto', dtype: Dtype): void {
  if ((kernel === 'gpu' || kernel === 'wgsl') && dtype === 'float64')
    throw new KernelUsageError(
      kernel,
      `the ${kernel} kernel computes float32 only, and the matrices are float64: use --dtype float32, or --kernel auto`,
    );
}

export async function chooseKernels(options: ChooseOptions): Promise<KernelChoice> {
  const order =
    options.requested === 'auto'
      ? defaultOrder
      : [options.requested, ...defaultOrder.filter((name) => name !== options.requested)];
  const opened = new Map<KernelName, Promise<Kernel | undefined>>();

  const open = (name: KernelName): Promise<Kernel | undefined> => {
    const known = opened.get(name);
    if (known) return known;
    const opening = openKernel(name, options).then((kernel) => {
      if (!isUnavailable(kernel)) return kernel;
      options.log(`kernel ${name} is not available: ${kernel.reason}`);
      return undefined;
    });
    opened.set(name, opening);
    return opening;
  };

  const firstOf = async (dtype: Dtype): Promise<Kernel> => {
    for (const name of order) {
      const kernel = await open(name);
      if (kernel?.supports('multiply', dtype)) return kernel;
    }
    throw new KernelFailed('loops', 'no kernel could be opened');
  };

  const lazy = (dtype: Dtype): Kernel => {
    let current: Kernel | undefined;
    const ready = async () => (current ??= await firstOf(dtype));
    return {
      get name() {
        return current?.name ?? order[0]!;
      },
      get detail() {
        return current?.detail ?? 'not opened yet';
      },
      supports: () => true,
      gemm: async (job: Gemm) => (await ready()).gemm(job),
      add: (job: ElementWise) => addElementWise(job),
      workspaceBytes: (job) => current?.workspaceBytes(job) ?? 0,
      close: async () => {},
    };
  };
  const kernels = { float64: lazy('float64'), float32: lazy('float32') };
  const adder: Kernel = { ...kernels.float64, name: 'loops', detail: 'plain TypeScript', supports: () => true };
  return {
    pick: (operation, dtype) => (operation === 'add' ? adder : kernels[dtype]),
    rates: () => [],
    async close() {
      for (const kernel of opened.values()) await (await kernel)?.close();
    },
  };
}
