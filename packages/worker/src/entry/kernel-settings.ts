import { availableParallelism, homedir } from 'node:os';
import { join } from 'node:path';
import { BUNDLE_VERSION } from '@tessera/protocol';
import { loadKoffi } from '../kernels/index.ts';

/**
 * What kernels are opened with on this machine.
 * @param environment `TESSERA_BLAS` is the only BLAS library to try, `TESSERA_WASM_BITS=128` keeps
 *   the wasm kernel from vectors that V8 calls experimental, `XDG_CACHE_HOME` where measured rates are kept
 * @param bundleUrl where the program's file is: koffi's native module lies beside it
 */
export function kernelSettings(
  environment: Readonly<Record<string, string | undefined>>,
  bundleUrl: string,
  threads: number,
  log: (message: string) => void,
) {
  return {
    threads,
    cores: availableParallelism(),
    blasPath: environment['TESSERA_BLAS'],
    wasmBits: environment['TESSERA_WASM_BITS'] === '128' ? (128 as const) : undefined,
    koffi: () => loadKoffi(bundleUrl),
    cacheDir: join(environment['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'tessera'),
    clock: () => performance.now(),
    processorClock: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    version: BUNDLE_VERSION,
    log,
  };
}
