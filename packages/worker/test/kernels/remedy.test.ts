import { describe, expect, it } from 'vitest';
import { blasGain, installBlasCommand } from '../../src/kernels/remedy.ts';

describe('what to install for a BLAS', () => {
  it.each([
    ['Debian', 'PRETTY_NAME="Debian GNU/Linux 12"\nID=debian\n', /apt-get install -y libopenblas0/],
    ['a relative of Ubuntu', 'ID=pop\nID_LIKE="ubuntu debian"\n', /apt-get/],
    ['Amazon Linux', 'NAME="Amazon Linux"\nID="amzn"\nID_LIKE="fedora"\n', /dnf install -y openblas/],
    ['Alpine', 'ID=alpine\n', /apk add openblas/],
    ['something unknown', 'ID=plan9\n', /package manager/],
  ])('is named for %s', (_system, osRelease, command) => {
    expect(installBlasCommand('linux', osRelease)).toMatch(command);
  });

  it('is named for macOS and Windows', () => {
    expect(installBlasCommand('darwin', '')).toBe('brew install openblas');
    expect(installBlasCommand('win32', '')).toMatch(/TESSERA_BLAS/);
  });

  it('promises more where the processor has wider vectors', () => {
    const [narrow, avx2, avx512] = ['flags : sse4_2', 'flags : fma avx2', 'flags : fma avx2 avx512f'] as const;
    for (const bits of [128, 256] as const)
      expect(blasGain('x64', bits, avx512)).toBeGreaterThan(blasGain('x64', bits, avx2));
    expect(blasGain('x64', 128, avx2)).toBeGreaterThan(blasGain('x64', 128, narrow));
    expect(blasGain('x64', 128, avx512)).toBeGreaterThan(blasGain('x64', 256, avx512));
    expect(blasGain('arm64', 128, '')).toBeGreaterThan(1);
  });
});
