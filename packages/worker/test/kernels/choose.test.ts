import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseKernels } from '../../src/kernels/choose.ts';
import type { ChooseOptions } from '../../src/kernels/choose.ts';
import { diagnoseKernels } from '../../src/kernels/diagnose.ts';
import type { Dtype, Gemm, Kernel, KernelRate } from '../../src/kernels/kernel.ts';
import { isUnavailable } from '../../src/kernels/kernel.ts';
import { thisMachine } from '../../src/kernels/machine.ts';
import { openKernel } from '../../src/kernels/open.ts';
import { RateCache } from '../../src/kernels/rate-cache.ts';
import { arrayOf } from './reference.ts';

const blas = await openKernel('blas', { threads: 1, log: () => {} });
const blasIsHere = !isUnavailable(blas);
if (isUnavailable(blas)) process.stderr.write(`skipped what needs a BLAS: ${blas.reason}\n`);
else await blas.close();

describe('the choice of kernels', () => {
  let folder: string;
  let said: string[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-choice-'));
    said = [];
  });
  afterEach(() => rm(folder, { recursive: true }));

  const noKoffi = () => Promise.reject(new Error('not in this test'));
  const options = (more: Partial<ChooseOptions> = {}): ChooseOptions => ({
    requested: 'auto',
    threads: 1,
    cores: 1,
    cacheDir: folder,
    clock: () => performance.now(),
    processorClock: () => performance.now(),
    version: 'test',
    log: (message) => said.push(message),
    koffi: noKoffi,
    ...more,
  });

  const dense = (n: number) => ({ aOffset: 0, lda: n, bOffset: 0, ldb: n, cOffset: 0, ldc: n });

  const job = (dtype: Dtype, n: number): Gemm => ({
    m: n,
    n,
    k: n,
    alpha: 1,
    beta: 0,
    transA: false,
    transB: false,
    a: arrayOf(dtype, n * n, true).fill(1),
    aOffset: 0,
    lda: n,
    b: arrayOf(dtype, n * n, true).fill(2),
    bOffset: 0,
    ldb: n,
    c: arrayOf(dtype, n * n, true),
    cOffset: 0,
    ldc: n,
  });

  async function multiply(kernel: Kernel, dtype: Dtype = 'float64', n = 72): Promise<void> {
    const whole = job(dtype, n);
    await kernel.gemm(whole);
    expect(whole.c.every((element) => element === 2 * n)).toBe(true);
  }

  it('adds without loading koffi, WebGPU or WebAssembly', async () => {
    let loaded = false;
    const choice = await chooseKernels(options({ koffi: () => ((loaded = true), noKoffi()) }));
    const { a, b, c } = job('float64', 3);
    const adder = choice.pick('add', 'float64');
    await adder.add({ rows: 3, cols: 3, alpha: 1, beta: 1, a, b, c, ...dense(3) });
    await choice.close();
    expect([...c]).toEqual(Array.from({ length: 9 }, () => 3));
    expect(loaded).toBe(false);
    expect(adder.name).toBe('loops');
    expect(said).toEqual([]);
  });

  it('opens blas ahead of its first job only where it was measured to be the fastest', async () => {
    const cache = new RateCache(folder, thisMachine(1, 'test', undefined));
    const rated = (kernel: KernelRate['kernel'], rate: number): KernelRate => ({
      kernel,
      op: 'multiply',
      dtype: 'float64',
      rate,
      unit: 'gflops',
      detail: 'made up',
    });
    const opens = async () => {
      let loaded = false;
      const choice = await chooseKernels(options({ koffi: () => ((loaded = true), noKoffi()) }));
      await choice.prepare();
      await choice.close();
      return loaded;
    };
    expect(await opens()).toBe(false);
    await cache.add([rated('blas', 5), rated('wasm', 9)]);
    expect(await opens()).toBe(false);
    await cache.add([rated('blas', 50)]);
    expect(await opens()).toBe(true);
  });

  it.runIf(blasIsHere)('adds with blas once a product has opened it, or where it was asked for', async () => {
    const { a, b } = job('float64', 3);
    const sum = { rows: 3, cols: 3, alpha: 1, beta: 1, a, b, c: a, ...dense(3) };
    const multiplying = await chooseKernels(options({ koffi: undefined }));
    await multiply(multiplying.pick('multiply', 'float64'));
    const asked = await chooseKernels(options({ koffi: undefined, requested: 'blas' }));
    for (const choice of [multiplying, asked]) {
      const adder = choice.pick('add', 'float64');
      await adder.add(sum);
      expect(adder.name).toBe('blas');
      await choice.close();
    }
    expect([...a]).toEqual(Array.from({ length: 9 }, () => 5));
  });

  it('adds with the loop where blas was asked for and can’t be had', async () => {
    const choice = await chooseKernels(options({ requested: 'blas' }));
    const { a, b } = job('float64', 3);
    const adder = choice.pick('add', 'float64');
    await adder.add({ rows: 3, cols: 3, alpha: 1, beta: 1, a, b, c: a, ...dense(3) });
    expect([...a]).toEqual(Array.from({ length: 9 }, () => 3));
    expect(adder.name).toBe('loops');
    await choice.close();
  });

  it('measures after the first job and lets later workers start with the rates', async () => {
    const choice = await chooseKernels(options());
    const kernel = choice.pick('multiply', 'float64');
    await multiply(kernel);
    expect(kernel.name).toBe('wasm');
    await choice.settled();
    expect(choice.rates().map(({ kernel: name }) => name)).toContain('wasm');
    await choice.close();
    const later = await chooseKernels(options());
    expect(later.rates()).toEqual(choice.rates());
    await later.close();
  });

  it('does not measure for jobs that are too small to matter', async () => {
    const choice = await chooseKernels(options());
    await multiply(choice.pick('multiply', 'float64'), 'float64', 8);
    await choice.settled();
    expect(choice.rates()).toEqual([]);
    await choice.close();
  });

  it('follows the measured rates', async () => {
    const rate = (kernel: KernelRate['kernel'], value: number): KernelRate => ({
      kernel,
      op: 'multiply',
      dtype: 'float32',
      rate: value,
      unit: 'gflops',
      detail: '',
    });
    await new RateCache(folder, thisMachine(1, 'test', undefined)).add([rate('wasm', 1), rate('loops', 2)]);
    const choice = await chooseKernels(options());
    const kernel = choice.pick('multiply', 'float32');
    await multiply(kernel, 'float32');
    expect(kernel.name).toBe('loops');
    await choice.close();
  });

  it('measures anew what is no longer what was measured, once', async () => {
    const cache = new RateCache(folder, thisMachine(1, 'test', undefined));
    const old: KernelRate = {
      kernel: 'wasm',
      op: 'multiply',
      dtype: 'float64',
      rate: 1e6,
      unit: 'gflops',
      detail: 'an older library',
    };
    await cache.add([old]);
    const rateAfterJob = async () => {
      const choice = await chooseKernels(options());
      await multiply(choice.pick('multiply', 'float64'));
      await choice.close();
      return (await cache.read()).find(({ kernel }) => kernel === 'wasm')!;
    };
    const measured = await rateAfterJob();
    expect(measured).not.toMatchObject({ rate: old.rate });
    expect(measured.detail).toContain('WebAssembly');
    await cache.add([{ ...measured, rate: 1e6 }]);
    expect(await rateAfterJob()).toEqual({ ...measured, rate: 1e6 });
  });

  it.each([
    [1, 'processorClock'],
    [2, 'clock'],
  ] as const)('measures %d threads by the %s', async (threads, right) => {
    const wrong = () => {
      throw new Error('the wrong clock');
    };
    const clocks = { clock: wrong, processorClock: wrong, [right]: () => performance.now() };
    const choice = await chooseKernels(options({ threads, ...clocks }));
    await multiply(choice.pick('multiply', 'float64'));
    await choice.close();
    expect(choice.rates().map(({ kernel }) => kernel)).toContain('wasm');
  });

  it('uses the requested kernel and measures nothing', async () => {
    const choice = await chooseKernels(options({ requested: 'loops' }));
    const kernel = choice.pick('multiply', 'float64');
    await multiply(kernel);
    expect(kernel).toMatchObject({ name: 'loops', detail: expect.stringContaining('TypeScript') as string });
    await choice.close();
    expect(choice.rates()).toEqual([]);
  });

  it('replaces a requested kernel that can’t be had and logs the reason once', async () => {
    const choice = await chooseKernels(options({ requested: 'blas' }));
    const kernel = choice.pick('multiply', 'float64');
    await multiply(kernel);
    await multiply(kernel);
    expect(kernel.name).toBe('wasm');
    expect(said).toEqual(["kernel blas is not available: koffi can't be loaded: not in this test"]);
    await choice.close();
  });

  it('lets two workers choose at once in one folder', async () => {
    const choices = await Promise.all([chooseKernels(options()), chooseKernels(options())]);
    await Promise.all(choices.map((choice) => multiply(choice.pick('multiply', 'float64'))));
    await Promise.all(choices.map((choice) => choice.close()));
    expect(await new RateCache(folder, thisMachine(1, 'test', undefined)).read()).not.toEqual([]);
  });

  it('works on when the folder can’t be written', async () => {
    const choice = await chooseKernels(options({ cacheDir: join(import.meta.filename, 'below') }));
    await multiply(choice.pick('multiply', 'float64'));
    await choice.close();
    expect(said.at(-1)).toMatch(/could not be kept/);
    expect(choice.rates()).not.toEqual([]);
  });

  it('is explained by the diagnosis, with what to install where BLAS is missing', async () => {
    const found = await diagnoseKernels(options());
    const of = (name: string) => found.find(({ kernel }) => kernel === name);
    expect(found.map(({ kernel }) => kernel)).toEqual(['blas', 'wasm', 'loops', 'wgsl', 'gpu']);
    expect(of('blas')).toMatchObject({ available: false, remedy: expect.any(String) as string, rates: [] });
    expect(of('blas')!.gain!.to).toBeGreaterThan(of('blas')!.gain!.from);
    expect(of('loops')).toMatchObject({ available: true });
    const [asked] = await diagnoseKernels(options({ blasPath: '/opt/mine.so' }));
    expect(asked).toMatchObject({ available: false, remedy: expect.stringContaining('TESSERA_BLAS') as string });
    expect(
      of('wasm')!
        .rates.map(({ op, dtype }) => `${op} ${dtype}`)
        .sort(),
    ).toEqual(['add float32', 'add float64', 'multiply float32', 'multiply float64']);
  });
});
