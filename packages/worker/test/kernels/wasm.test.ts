import { describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { closable } from '../../src/kernels/closable.ts';
import { isUnavailable, openKernel } from '../../src/kernels/index.ts';
import type { Kernel, KernelUnavailable } from '../../src/kernels/index.ts';
import { detectWasm } from '../../src/kernels/wasm-features.ts';
import { openWasm } from '../../src/kernels/wasm.ts';
import { testKernel } from './contract.ts';

const withEnd = (opened: Kernel | KernelUnavailable) => (isUnavailable(opened) ? opened : closable(opened));
const dtypes = ['float64', 'float32'] as const;

await testKernel('wasm', () => openKernel('wasm', { threads: 1, log: () => {} }), { dtypes });
await testKernel('wasm on two threads', () => openKernel('wasm', { threads: 2, log: () => {} }), {
  dtypes: ['float64'],
});
await testKernel('wasm without multiply-add', async () => withEnd(openWasm({ threads: 1, level: 'simd' })), { dtypes });

describe('wasm levels', () => {
  it('are detected, and an engine without SIMD is a reason and not a crash', () => {
    expect(['fused', 'relaxed', 'simd']).toContain(detectWasm());
    expect(openWasm({ threads: 1, level: 'none' })).toMatchObject({ _tag: 'KernelUnavailable', kernel: 'wasm' });
  });

  it.runIf(process.arch === 'x64')('tell a processor without fused multiply-add from one that has it', async () => {
    const program = `
      const { detectWasm } = await import(${JSON.stringify(new URL('../../src/kernels/wasm-features.ts', import.meta.url))});
      process.stdout.write(detectWasm());`;
    const flags = ['--no-enable-fma3', '--input-type=module', '-e', program];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    expect(stdout).toBe('relaxed');
  });
});
