import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { closable } from '../../src/kernels/closable.ts';
import { isUnavailable, openKernel } from '../../src/kernels/index.ts';
import type { Dtype, Kernel, KernelUnavailable } from '../../src/kernels/index.ts';
import type { Trials } from '../../src/kernels/trials.ts';
import { compileNarrow, compileWide } from '../../src/kernels/wasm-compile.ts';
import { wasmGemm } from '../../src/kernels/wasm-gemm.ts';
import { detectWasm } from '../../src/kernels/wasm-features.ts';
import { openWasm } from '../../src/kernels/wasm.ts';
import { testKernel } from './contract.ts';
import { seededRandom } from './reference.ts';

const withEnd = (opened: Kernel | KernelUnavailable) => (isUnavailable(opened) ? opened : closable(opened));
const dtypes = ['float64', 'float32'] as const;

await testKernel('wasm', () => openKernel('wasm', { threads: 1, log: () => {} }), { dtypes });
await testKernel('wasm on two threads', () => openKernel('wasm', { threads: 2, log: () => {} }), {
  dtypes: ['float64'],
});
await testKernel('wasm with 128-bit vectors', () => openKernel('wasm', { threads: 1, wasmBits: 128, log: () => {} }), {
  dtypes,
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

describe('vectors of 256 bits', () => {
  const elements = (dtype: Dtype, length: number) =>
    dtype === 'float64' ? new Float64Array(length) : new Float32Array(length);

  it.for(dtypes)('give the bits that 128-bit vectors give, whatever the sizes: %s', (dtype, { skip }) => {
    const narrow = compileNarrow(dtype, detectWasm() === 'fused');
    // By this clock they take a third of the time, whatever else the machine does: what is tested are their bits.
    const steps = [0, 3, 0, 1];
    let calls = 0;
    let now = 0;
    const wide = compileWide(dtype, narrow, () => (now += steps[calls++ % steps.length]!));
    if (typeof wide === 'string') return skip(wide);
    const [one, other] = [wasmGemm(narrow.module, narrow.layout), wasmGemm(wide.module, wide.layout)];
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 600 }),
        fc.integer(),
        (m, n, k, seed) => {
          const random = seededRandom(seed);
          const job = {
            ...dense(m, n, k),
            a: elements(dtype, m * k).map(random),
            b: elements(dtype, k * n).map(random),
          };
          const [c, d] = [elements(dtype, m * n), elements(dtype, m * n)];
          one({ ...job, c });
          other({ ...job, c: d });
          expect(d).toEqual(c);
        },
      ),
    );
  });

  it.runIf(detectWasm() === 'fused')('are refused when their bits are others, or when they gain nothing', () => {
    const roundedTwice = compileNarrow('float64', false);
    const narrow = compileNarrow('float64', true);
    const stopped = () => 0;
    if (typeof compileWide('float64', narrow, () => performance.now()) === 'string') return;
    expect(compileWide('float64', roundedTwice, stopped)).toMatch(/a product of \d+×\d+×\d+ differed/);
    let calls = 0;
    const everyRunTakesOne = () => calls++;
    expect(compileWide('float64', narrow, everyRunTakesOne)).toMatch(/not faster/);
  });

  it('are left alone where they crashed earlier workers, with the reason in the log', async () => {
    const messages: string[] = [];
    const trials = { attempt: () => undefined } as unknown as Trials;
    const kernel = withEnd(openWasm({ threads: 1, trials, log: (message) => messages.push(message) })) as Kernel;
    const [a, b, c] = [
      elements('float64', 70 ** 2).fill(1),
      elements('float64', 70 ** 2).fill(2),
      elements('float64', 70 ** 2),
    ];
    await kernel.gemm({ ...dense(70, 70, 70), a, b, c });
    await kernel.close();
    expect(c.every((sum) => sum === 140)).toBe(true);
    expect(kernel.detail).toMatch(/128-bit vectors/);
    if (detectWasm() === 'fused')
      expect(messages).toEqual([expect.stringMatching(/no vectors of 256 bits for float64: .* ended/)]);
  });
});

const dense = (m: number, n: number, k: number) => ({
  m,
  n,
  k,
  alpha: 1,
  beta: 0,
  aOffset: 0,
  lda: k,
  transA: false,
  bOffset: 0,
  ldb: n,
  transB: false,
  cOffset: 0,
  ldc: n,
});
