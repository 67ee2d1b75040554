import { describe, expect, it } from 'vitest';
import { lacksAvx2, runnableCoreTypes } from '../../src/kernels/openblas-core-type.ts';
import { processorFlags, readCpuInfo } from '../../src/kernels/processor-flags.ts';
import { cpuInfos } from './cpu-infos.ts';

describe('what a processor can do, by /proc/cpuinfo', () => {
  it('is the list of flags of the first processor, and of no other line', () => {
    const flags = processorFlags(cpuInfos.emeraldRapids);
    expect([...flags]).toEqual(expect.arrayContaining(['fpu', 'avx2', 'avx512vl', 'amx_int8']));
    expect(flags).not.toContain('avx512dream');
    expect(flags).not.toContain('spectre_v1');
  });

  it('is nothing where the text is of arm64, or there is none', () => {
    expect(processorFlags(cpuInfos.graviton2).size).toBe(0);
    expect(processorFlags(cpuInfos.none).size).toBe(0);
    expect(processorFlags('flags\t\t:\n').size).toBe(0);
  });

  it.runIf(process.platform === 'linux' && process.arch === 'x64')('is read from this machine (x86-64 Linux)', () => {
    expect(processorFlags(readCpuInfo())).toContain('sse2');
  });
});

describe('the core types of OpenBLAS', () => {
  it('that a processor can run are told by its flags, fastest first', () => {
    expect(runnableCoreTypes(cpuInfos.emeraldRapids)).toEqual(['SkylakeX', 'Haswell']);
    expect(runnableCoreTypes(cpuInfos.milan)).toEqual(['Haswell']);
    expect(runnableCoreTypes(cpuInfos.knightsLanding)).toEqual(['Haswell']);
    expect(runnableCoreTypes(cpuInfos.ivyBridge)).toEqual([]);
    expect(runnableCoreTypes(cpuInfos.graviton2)).toEqual([]);
    expect(runnableCoreTypes(cpuInfos.none)).toEqual([]);
  });

  it('that lack AVX2 are told by their names, however these are written', () => {
    for (const name of ['Prescott', 'PRESCOTT', 'Barcelona', 'Opteron_SSE3', 'Sandybridge', 'Nehalem', 'Unknown'])
      expect(lacksAvx2(name), name).toBe(true);
    for (const name of ['Haswell', 'Zen', 'Excavator', 'SkylakeX', 'Cooperlake', 'SapphireRapids', 'neoversen1'])
      expect(lacksAvx2(name), name).toBe(false);
  });
});
