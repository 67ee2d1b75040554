import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { openBlas } from '../../src/kernels/blas.ts';
import { isUnavailable } from '../../src/kernels/kernel.ts';
import { loadKoffi } from '../../src/kernels/koffi.ts';
import { fakeKoffi, gemm, good } from './fake-koffi.ts';
import type { CblasArguments } from './fake-koffi.ts';

async function search(libraries: Parameters<typeof fakeKoffi>[0], blasPath?: string) {
  const said: string[] = [];
  const opened = await openBlas({
    threads: 3,
    platform: 'linux',
    blasPath,
    koffi: async () => fakeKoffi(libraries),
    log: (message) => said.push(message),
  });
  return { opened, said };
}

/** Threads of a process of its own before and after it opened the system's BLAS for `threads` threads, or why it can't. */
function threadsAround(threads: number): { before: number; after: number } | string {
  const kernels = new URL('../../src/kernels/', import.meta.url).href;
  const script = `
    import { readdirSync } from 'node:fs';
    import { openBlas } from '${kernels}blas.ts';
    import { loadKoffi } from '${kernels}koffi.ts';
    const count = () => readdirSync('/proc/self/task').length;
    const koffi = await loadKoffi('${kernels}');
    const before = count();
    const blas = await openBlas({ threads: ${threads}, koffi: async () => koffi, log: () => {} });
    const told = blas._tag ? blas.reason : blas.detail.startsWith('OpenBLAS') ? { before, after: count() } : blas.detail;
    process.stdout.write(JSON.stringify(told));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
    encoding: 'utf8',
  });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as { before: number; after: number } | string;
}

describe.skipIf(process.platform !== 'linux')('OpenBLAS (threads from /proc, Linux)', () => {
  it('starts no threads: its calls come from ours', (context) => {
    const alone = threadsAround(1);
    if (typeof alone === 'string') return context.skip(`no OpenBLAS here: ${alone}`);
    expect(alone.after).toBe(alone.before);
    expect(threadsAround(3)).toEqual(alone);
  });
});

describe('the search for a BLAS', () => {
  it('tells OpenBLAS of one thread while it is loaded, and leaves the environment as it was', async () => {
    delete process.env['OPENBLAS_NUM_THREADS'];
    const seen: (string | undefined)[] = [];
    const koffi = fakeKoffi({ 'libopenblas.so.0': good });
    const watched = (path: string | null) => {
      seen.push(process.env['OPENBLAS_NUM_THREADS']);
      return koffi.load(path);
    };
    await openBlas({
      threads: 3,
      platform: 'linux',
      koffi: () => Promise.resolve({ ...koffi, load: watched }),
      log: () => {},
    });
    expect(seen).toEqual(['1']);
    expect(process.env).not.toHaveProperty('OPENBLAS_NUM_THREADS');
  });

  it('takes the first library that multiplies rightly, and says nothing of those that are absent', async () => {
    const { opened, said } = await search({ 'libblis.so.4': good, 'libblas.so.3': good });
    expect(opened).toMatchObject({ name: 'blas', detail: expect.stringContaining('libblis.so.4') as string });
    expect(said).toEqual([]);
  });

  it('reports and skips a library without cblas', async () => {
    const { opened, said } = await search({ 'libopenblas.so.0': { sgemm_: () => {} }, 'libblas.so.3': good });
    expect(opened).toMatchObject({ detail: expect.stringContaining('libblas.so.3') as string });
    expect(said).toEqual([
      expect.stringMatching(/libopenblas\.so\.0 can't be used: Cannot find function 'cblas_dgemm'/),
    ]);
  });

  it('reports and skips a library that computes wrong numbers', async () => {
    const transposing = (...args: unknown[]) => gemm(args[0], 112, ...args.slice(2));
    const { opened, said } = await search({
      'libopenblas.so.0': { ...good, cblas_sgemm: transposing },
      'libmkl_rt.so.2': good,
    });
    expect(opened).toMatchObject({ detail: expect.stringContaining('libmkl_rt.so.2') as string });
    expect(said[0]).toMatch(/its float32 product of 2×3 by 3×2 is wrong: element \(\d, \d\) is .*, not /);
  });

  it('reports a library that adds vectors wrongly', async () => {
    const { opened } = await search({ 'libopenblas.so.0': { ...good, cblas_saxpy: () => {} } });
    expect(opened).toMatchObject({
      _tag: 'KernelUnavailable',
      reason: expect.stringContaining('its float32 difference of vectors is wrong: element 1 is 1, not 0') as string,
    });
  });

  it('reports a library that reads C although beta is zero', async () => {
    const reading = (...args: unknown[]) => {
      const [, , , m, n, , , , , , , beta, c, ldc] = args as CblasArguments;
      const before = c.slice();
      gemm(...args);
      for (let i = 0; i < m; i++) for (let j = 0; j < n; j++) c[i * ldc + j]! += beta * before[i * ldc + j]!;
    };
    const { opened } = await search({ 'libopenblas.so.0': { ...good, cblas_dgemm: reading, cblas_sgemm: reading } });
    expect(opened).toMatchObject({ _tag: 'KernelUnavailable', reason: expect.stringMatching(/is NaN, not/) as string });
  });

  it('reports a library that writes between the rows of C', async () => {
    const broad = (...args: unknown[]) => {
      gemm(...args);
      const [, , , m, n, , , , , , , , c, ldc] = args as CblasArguments;
      c[(m - 1) * ldc + n] = 0;
    };
    const { opened } = await search({ 'libopenblas.so.0': { ...good, cblas_dgemm: broad } });
    expect(opened).toMatchObject({
      reason: expect.stringContaining('float64 product of 2×3 by 3×2 is wrong: it wrote beside row 1') as string,
    });
  });

  it('tries only the library that was asked for', async () => {
    const { opened, said } = await search({ 'libopenblas.so.0': good }, '/opt/mine.so');
    expect(opened).toMatchObject({
      _tag: 'KernelUnavailable',
      reason: expect.stringContaining('/opt/mine.so') as string,
    });
    expect(said).toHaveLength(1);
  });

  it('has a library compute on the thread that calls it', async () => {
    const set: unknown[] = [];
    await search({ 'libopenblas.so.0': { ...good, openblas_set_num_threads: (threads) => set.push(threads) } });
    await search({ 'libmkl_rt.so.2': { ...good, MKL_Set_Num_Threads: (threads) => set.push(threads) } });
    expect(set).toEqual([1, 1]);
  });

  it('says what it looked for when there is none', async () => {
    const { opened } = await search({});
    expect(opened).toMatchObject({
      reason: expect.stringMatching(/no BLAS library found \(tried libopenblas\.so\.0, .*libblas\.so\.3\)/) as string,
    });
  });

  it('gives the reason when koffi itself is missing', async () => {
    const opened = await openBlas({ threads: 1, koffi: () => Promise.reject(new Error('no module')), log: () => {} });
    expect(opened).toMatchObject({ _tag: 'KernelUnavailable', reason: "koffi can't be loaded: no module" });
  });

  it('survives files that are no library, with the real koffi', async () => {
    for (const blasPath of [import.meta.filename, 'libm.so.6']) {
      const said: string[] = [];
      const opened = await openBlas({
        threads: 1,
        blasPath,
        koffi: () => loadKoffi(import.meta.url),
        log: (message) => said.push(message),
      });
      expect(isUnavailable(opened)).toBe(true);
      expect(said).toHaveLength(1);
    }
  });
});
