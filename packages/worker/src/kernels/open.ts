import { closable } from './closable.ts';
import { isUnavailable } from './kernel.ts';
import type { Kernel, KernelLog, KernelName, KernelUnavailable } from './kernel.ts';
import type { Koffi } from './koffi.ts';
import { openLoops } from './loops.ts';
import type { Trials } from './trials.ts';
import type { VectorBits } from './wasm-tile.ts';

export interface OpenKernelOptions {
  /** The worker's share of the cores. */
  readonly threads: number;
  /** The only BLAS library to try (TESSERA_BLAS at the entry point). */
  readonly blasPath?: string | undefined;
  /** The widest vectors that the wasm kernel may use (TESSERA_WASM_BITS at the entry point); by default 256. */
  readonly wasmBits?: VectorBits | undefined;
  /** How koffi is loaded; by default the installed package. A bundle passes `() => loadKoffi(import.meta.url)`. */
  readonly koffi?: (() => Promise<Koffi>) | undefined;
  readonly log: KernelLog;
  /** A folder for what one worker learns and later ones use: measured rates, and what crashed. */
  readonly cacheDir?: string | undefined;
}

/** Opens one kernel, loading only what it needs. @returns why not, when it can't be had on this machine */
export async function openKernel(name: KernelName, options: OpenKernelOptions): Promise<Kernel | KernelUnavailable> {
  const opened = await open(name, options);
  return isUnavailable(opened) ? opened : closable(opened);
}

async function open(name: KernelName, options: OpenKernelOptions): Promise<Kernel | KernelUnavailable> {
  switch (name) {
    case 'loops':
      return openLoops(options);
    case 'blas': {
      const { openBlas } = await import('./blas.ts');
      return openBlas({ ...options, trials: await trialsIn(options), koffi: options.koffi ?? installedKoffi });
    }
    case 'wasm': {
      const { openWasm } = await import('./wasm.ts');
      return openWasm({ ...options, trials: await trialsIn(options) });
    }
    case 'gpu': {
      const { openGpu } = await import('./gpu.ts');
      return openGpu();
    }
    case 'wgsl': {
      const { openWgsl } = await import('./wgsl.ts');
      return openWgsl();
    }
  }
}

async function trialsIn({ cacheDir }: OpenKernelOptions): Promise<Trials | undefined> {
  const { Trials } = await import('./trials.ts');
  return cacheDir ? new Trials(cacheDir) : undefined;
}

async function installedKoffi(): Promise<Koffi> {
  const { loadKoffi } = await import('./koffi.ts');
  return loadKoffi(import.meta.url);
}
