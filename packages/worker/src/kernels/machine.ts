import { availableParallelism, cpus } from 'node:os';
import { askedCoreType, runnableCoreTypes } from './openblas-core-type.ts';
import { readCpuInfo } from './processor-flags.ts';
import type { Machine } from './rate-cache.ts';

/** This machine as far as kernels' rates depend on it. */
export const thisMachine = (threads: number, version: string, blasPath: string | undefined): Machine => ({
  cpu: cpus()[0]?.model ?? process.arch,
  cores: availableParallelism(),
  threads,
  node: process.version,
  version,
  blasPath: blasPath ?? '',
  coreTypes: askedCoreType() ?? runnableCoreTypes(readCpuInfo()).join(' '),
});
