import { describe, expect, it } from 'vitest';
import { measure } from '../../src/kernels/calibrate.ts';
import { candidates } from '../../src/kernels/choose.ts';
import type { KernelName, KernelRate } from '../../src/kernels/kernel.ts';
import { FakeKernel } from './fake-kernel.ts';

const rate = (kernel: KernelName, value: number): KernelRate => ({
  kernel,
  op: 'multiply',
  dtype: 'float64',
  rate: value,
  unit: 'gflops',
  detail: '',
});

describe('calibration', () => {
  it('reports the best of several interleaved rounds, after warming up', async () => {
    let now = 0;
    const order: string[] = [];
    let calls = 0;
    const fast = new FakeKernel('blas', () => {
      order.push('blas');
      now += calls++ < 2 ? 1000 : 2 + (calls % 2);
    });
    const slow = new FakeKernel('wasm', () => {
      order.push('wasm');
      now += 4;
    });
    const rates = await measure([fast, slow], 'multiply', 'float64', () => now);
    const flops = 2 * 384 ** 3;
    expect(rates.map(({ kernel, rate }) => [kernel, rate])).toEqual([
      ['blas', flops / 2 / 1e6],
      ['wasm', flops / 4 / 1e6],
    ]);
    expect(order.slice(0, 4)).toEqual(['blas', 'wasm', 'blas', 'wasm']);
  });

  it('counts three streams of an addition', async () => {
    let now = 0;
    const kernel = new FakeKernel('loops', () => (now += 3));
    const [add] = await measure([kernel], 'add', 'float32', () => now);
    expect(add).toMatchObject({ op: 'add', unit: 'GB/s', rate: (3 * 4 * 512 * 1024) / 3 / 1e6 });
  });

  it('leaves out a kernel that fails', async () => {
    const broken = new FakeKernel('wasm', () => {
      throw new Error('no');
    });
    const rates = await measure([broken, new FakeKernel('loops')], 'multiply', 'float64', () => 0);
    expect(rates.map(({ kernel }) => kernel)).toEqual(['loops']);
  });
});

describe('the order of kernels', () => {
  it('is blas, wasm, loops where nothing was measured', () => {
    expect(candidates('auto', [], 'float64')).toEqual(['blas', 'wasm', 'loops']);
  });

  it('follows measured rates of the same dtype', () => {
    const rates = [rate('blas', 1), rate('wasm', 20), rate('loops', 3)];
    expect(candidates('auto', rates, 'float64')).toEqual(['wasm', 'loops', 'blas']);
    expect(candidates('auto', rates, 'float32')).toEqual(['blas', 'wasm', 'loops']);
  });

  it('tries blas while it has no rate: it may have been installed since', () => {
    expect(candidates('auto', [rate('wasm', 20), rate('loops', 3)], 'float64')).toEqual(['blas', 'wasm', 'loops']);
  });

  it('starts with the requested kernel', () => {
    expect(candidates('loops', [rate('blas', 30)], 'float64')).toEqual(['loops', 'blas', 'wasm']);
    expect(candidates('gpu', [], 'float32')).toEqual(['gpu', 'blas', 'wasm', 'loops']);
  });
});
