import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { KernelRate } from '../../src/kernels/kernel.ts';
import { thisMachine } from '../../src/kernels/machine.ts';
import { RateCache } from '../../src/kernels/rate-cache.ts';

const rate = (kernel: KernelRate['kernel'], value: number): KernelRate => ({
  kernel,
  op: 'multiply',
  dtype: 'float64',
  rate: value,
  unit: 'gflops',
  detail: 'as measured',
});

describe('the cache of rates', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera-rates-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const cache = (version = '1') => new RateCache(join(folder, 'cache'), thisMachine(1, version, undefined));

  it('has nothing before the first measurement, and then what was measured', async () => {
    expect(await cache().read()).toEqual([]);
    await cache().add([rate('blas', 40), rate('wasm', 20)]);
    expect(await cache().read()).toEqual([rate('blas', 40), rate('wasm', 20)]);
  });

  it('keeps the higher rate of a kernel, and the later one where its library is another', async () => {
    await cache().add([rate('blas', 40), rate('wasm', 20)]);
    await cache().add([rate('wasm', 21), rate('blas', 3)]);
    expect(await cache().read()).toEqual([rate('blas', 40), rate('wasm', 21)]);
    const other = { ...rate('blas', 4), detail: 'another library' };
    await cache().add([other]);
    expect(await cache().read()).toEqual([other, rate('wasm', 21)]);
  });

  it('measures anew for another version, thread count or library', async () => {
    await cache().add([rate('blas', 40)]);
    expect(await cache('2').read()).toEqual([]);
    expect(await new RateCache(join(folder, 'cache'), thisMachine(2, '1', undefined)).read()).toEqual([]);
    expect(await new RateCache(join(folder, 'cache'), thisMachine(1, '1', '/lib/other.so')).read()).toEqual([]);
  });

  it('measures anew for another core type of OpenBLAS', async () => {
    await cache().add([rate('blas', 40)]);
    const asked = process.env['OPENBLAS_CORETYPE'];
    try {
      process.env['OPENBLAS_CORETYPE'] = 'Nehalem';
      expect(await cache().read()).toEqual([]);
    } finally {
      if (asked === undefined) delete process.env['OPENBLAS_CORETYPE'];
      else process.env['OPENBLAS_CORETYPE'] = asked;
    }
    expect(await cache().read()).toEqual([rate('blas', 40)]);
  });

  it('ignores a file that is not ours', async () => {
    await cache().add([rate('blas', 40)]);
    const [file] = await readdir(join(folder, 'cache'));
    for (const text of ['', '{', '{"v":2,"rates":[]}', '{"v":1,"machine":{},"rates":[{"kernel":"x"}]}']) {
      await writeFile(join(folder, 'cache', file!), text);
      expect(await cache().read()).toEqual([]);
    }
  });

  it('stays whole when many workers write at once, and leaves nothing beside it', async () => {
    await Promise.all(Array.from({ length: 20 }, (_, i) => cache().add([rate('blas', i + 1), rate('wasm', i + 1)])));
    const rates = await cache().read();
    expect(rates).toHaveLength(2);
    expect(rates[0]!.rate).toBe(rates[1]!.rate);
    expect(await readdir(join(folder, 'cache'))).toHaveLength(1);
  });
});
