import { processorFlags } from './processor-flags.ts';

/**
 * OpenBLAS's names for kernels without AVX2, in lower case. It knows processors by their model numbers, so releases up to
 * 0.3.2x take the plainest of these for any model that came out after them (OpenBLAS, driver/others/dynamic.c: Prescott, for
 * AMD's also Barcelona). Excavator is not here: whatever is called that is one.
 */
const withoutAvx2: ReadonlySet<string> = new Set([
  'unknown',
  'generic',
  'katmai',
  'coppermine',
  'northwood',
  'prescott',
  'banias',
  'atom',
  'core2',
  'penryn',
  'dunnington',
  'nehalem',
  'athlon',
  'opteron',
  'opteron_sse3',
  'barcelona',
  'nano',
  'sandybridge',
  'bobcat',
  'bulldozer',
  'piledriver',
  'steamroller',
]);

/**
 * What OpenBLAS's newer releases take for a model they don't know, fastest first, with the flags that its code needs. AMD's
 * processors have no entry of their own: the products of `Zen` are those of `Haswell`.
 */
const coreTypes: readonly { readonly name: string; readonly needs: readonly string[] }[] = [
  { name: 'SkylakeX', needs: ['avx2', 'fma', 'avx512f', 'avx512dq', 'avx512cd', 'avx512bw', 'avx512vl'] },
  { name: 'Haswell', needs: ['avx2', 'fma'] },
];

/** The core types with AVX2 or more that a processor can run, fastest first; none on other architectures than x86-64. */
export function runnableCoreTypes(cpuInfo: string): readonly string[] {
  const flags = processorFlags(cpuInfo);
  return coreTypes.filter(({ needs }) => needs.every((flag) => flags.has(flag))).map(({ name }) => name);
}

/** Whether OpenBLAS took kernels that leave most of a processor with AVX2 idle. */
export const lacksAvx2 = (coreType: string): boolean => withoutAvx2.has(coreType.toLowerCase());

/** The core type that the user named for OpenBLAS; it stands above any choice of ours. */
export const askedCoreType = (): string | undefined => process.env['OPENBLAS_CORETYPE'] || undefined;
