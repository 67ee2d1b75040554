import { describe, expect, it } from 'vitest';
import { openKernel } from '../../src/kernels/index.ts';
import { detectWasm } from '../../src/kernels/wasm-features.ts';
import { openWasm } from '../../src/kernels/wasm.ts';
import { testKernel } from './contract.ts';

const dtypes = ['float64', 'float32'] as const;

await testKernel('wasm', () => openKernel('wasm', { threads: 1, log: () => {} }), { dtypes });
await testKernel('wasm on two threads', () => openKernel('wasm', { threads: 2, log: () => {} }), {
  dtypes: ['float64'],
});
await testKernel('wasm without multiply-add', async () => openWasm({ threads: 1, level: 'simd' }), { dtypes });

describe('wasm levels', () => {
  it('are detected, and an engine without SIMD is a reason and not a crash', () => {
    expect(['fused', 'relaxed', 'simd']).toContain(detectWasm());
    expect(openWasm({ threads: 1, level: 'none' })).toMatchObject({ _tag: 'KernelUnavailable', kernel: 'wasm' });
  });
});
