import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openBlas } from '../../src/kernels/blas.ts';
import type { BlasOptions } from '../../src/kernels/blas.ts';
import { isUnavailable } from '../../src/kernels/kernel.ts';
import { runnableCoreTypes } from '../../src/kernels/openblas-core-type.ts';
import { readCpuInfo } from '../../src/kernels/processor-flags.ts';
import { cpuInfos } from './cpu-infos.ts';
import { fakeKoffi, gemm, good } from './fake-koffi.ts';
import type { Symbols } from './fake-koffi.ts';

const path = 'libopenblas.so.0';

/** An OpenBLAS with kernels for some core types: it takes the one that the environment names, or else `ownChoice`. */
class FakeOpenBlas {
  /** The core type of each load. */
  readonly loads: string[] = [];
  loaded = 0;
  readonly #knows: Readonly<Record<string, Symbols>>;
  readonly #build: string;

  constructor(knows: Readonly<Record<string, Symbols>>, build = 'DYNAMIC_ARCH') {
    this.#knows = knows;
    this.#build = build;
  }

  readonly load = () => {
    const named = process.env['OPENBLAS_CORETYPE'];
    const [ownChoice] = Object.keys(this.#knows);
    const core = named !== undefined && named in this.#knows ? named : ownChoice!;
    this.loads.push(core);
    this.loaded++;
    return {
      ...this.#knows[core]!,
      openblas_get_config: () => `OpenBLAS 0.3.21 NO_LAPACKE ${this.#build} NO_AFFINITY ${core} MAX_THREADS=64`,
      openblas_get_corename: () => core,
      unload: () => void this.loaded--,
    };
  };
}

async function open(library: FakeOpenBlas, more: Partial<BlasOptions> = {}) {
  const said: string[] = [];
  const opened = await openBlas({
    threads: 1,
    platform: 'linux',
    koffi: async () => fakeKoffi({ [path]: library.load }),
    log: (message) => said.push(message),
    cpuInfo: () => cpuInfos.emeraldRapids,
    ...more,
  });
  return { said, detail: isUnavailable(opened) ? opened.reason : opened.detail };
}

/** Wrong for products of more than a million multiply-adds alone. */
const wrongWhenLarge = (...args: unknown[]) => {
  gemm(...args);
  const [m, n, k] = args.slice(3) as [number, number, number];
  if (m * n * k > 1e6) (args[12] as Float64Array)[0]!++;
};

let asked: string | undefined;
beforeEach(() => {
  asked = process.env['OPENBLAS_CORETYPE'];
  delete process.env['OPENBLAS_CORETYPE'];
});
afterEach(() => {
  if (asked === undefined) delete process.env['OPENBLAS_CORETYPE'];
  else process.env['OPENBLAS_CORETYPE'] = asked;
});

describe('an OpenBLAS that does not know the processor', () => {
  it('is told the fastest kernels that the processor can run, and says so once', async () => {
    const library = new FakeOpenBlas({ Prescott: good, Haswell: good, SkylakeX: good });
    const { detail, said } = await open(library);
    expect(detail).toBe(`OpenBLAS 0.3.21, SkylakeX kernels instead of Prescott, ${path}`);
    expect(said).toEqual([
      expect.stringMatching(/libopenblas\.so\.0 chose Prescott kernels.*told to use SkylakeX ones/),
    ]);
    expect(library.loads).toEqual(['Prescott', 'SkylakeX']);
    expect(library.loaded).toBe(1);
    expect(process.env).not.toHaveProperty('OPENBLAS_CORETYPE');
  });

  it('is told Haswell where there is AVX2 and no AVX-512, on AMD’s processors too', async () => {
    const library = new FakeOpenBlas({ Barcelona: good, Haswell: good, SkylakeX: good });
    const { detail } = await open(library, { cpuInfo: () => cpuInfos.milan });
    expect(detail).toContain('Haswell kernels instead of Barcelona');
  });

  it('is told Haswell where it has no kernels for AVX-512', async () => {
    const library = new FakeOpenBlas({ Prescott: good, Haswell: good });
    const { detail, said } = await open(library);
    expect(detail).toContain('Haswell kernels instead of Prescott');
    expect(library.loads).toEqual(['Prescott', 'Prescott', 'Haswell']);
    expect(library.loaded).toBe(1);
    expect(said).toHaveLength(1);
  });

  it('keeps its own choice where it has nothing better, and says so', async () => {
    const library = new FakeOpenBlas({ Prescott: good });
    const { detail, said } = await open(library);
    expect(detail).toBe(`OpenBLAS 0.3.21, Prescott kernels, ${path}`);
    expect(library.loaded).toBe(1);
    expect(said).toEqual([
      `blas: ${path} keeps its Prescott kernels: it did not take SkylakeX kernels when told to; it did not take Haswell kernels when told to`,
    ]);
  });

  it('keeps its own choice where the others compute wrong numbers, if only in large products', async () => {
    const wrong = { ...good, cblas_sgemm: wrongWhenLarge };
    const library = new FakeOpenBlas({ Prescott: good, Haswell: wrong, SkylakeX: wrong });
    const { detail, said } = await open(library);
    expect(detail).toBe(`OpenBLAS 0.3.21, Prescott kernels, ${path}`);
    expect(library.loads).toEqual(['Prescott', 'SkylakeX', 'Haswell', 'Prescott']);
    expect(library.loaded).toBe(1);
    expect(said).toEqual([
      expect.stringMatching(/keeps its Prescott kernels: with SkylakeX kernels its float32 product/),
    ]);
  });
});

describe('an OpenBLAS is left as it is', () => {
  const all = { Prescott: good, Haswell: good, SkylakeX: good };
  const untouched = async (library: FakeOpenBlas, more: Partial<BlasOptions> = {}) => {
    const { said } = await open(library, more);
    expect(said).toEqual([]);
    expect(library.loads).toHaveLength(1);
    expect(library.loaded).toBe(1);
  };

  it('where the processor has no AVX2, is none of x86-64, or is not told of', async () => {
    for (const name of ['ivyBridge', 'graviton2', 'none'] as const)
      await untouched(new FakeOpenBlas(all), { cpuInfo: () => cpuInfos[name] });
  });

  it('where it chose kernels with AVX2 or more', async () => {
    await untouched(new FakeOpenBlas({ Haswell: good, SkylakeX: good }));
    await untouched(new FakeOpenBlas({ neoversen1: good, ...all }));
  });

  it('where the user named a core type', async () => {
    process.env['OPENBLAS_CORETYPE'] = 'Prescott';
    await untouched(new FakeOpenBlas(all));
    expect(process.env['OPENBLAS_CORETYPE']).toBe('Prescott');
  });

  it('where it was built for one core type', async () => {
    await untouched(new FakeOpenBlas(all, 'SINGLE_THREADED'));
  });
});

describe('kernels that end the process', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'tessera-core-type-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const url = (file: string) => JSON.stringify(new URL(file, import.meta.url).href);

  /**
   * A worker's process of its own that opens an OpenBLAS, some of whose kernels end it, and tells what it got. As it would
   * have been seconds earlier, since deaths together count once.
   */
  function worker(deadly: readonly string[], secondsAgo: number) {
    const { stdout, signal } = spawnSync(
      process.execPath,
      [
        '--input-type=module',
        '--eval',
        `
        import { openBlas } from ${url('../../src/kernels/blas.ts')};
        import { Trials } from ${url('../../src/kernels/trials.ts')};
        import { cpuInfos } from ${url('./cpu-infos.ts')};
        import { fakeKoffi, good } from ${url('./fake-koffi.ts')};
        const load = () => {
          const core = process.env.OPENBLAS_CORETYPE ?? 'Prescott';
          const gemm = (...args) => (${JSON.stringify(deadly)}.includes(core) ? process.kill(process.pid, 'SIGKILL') : good.cblas_dgemm(...args));
          return {
            ...good,
            cblas_dgemm: gemm,
            openblas_get_config: () => 'OpenBLAS 0.3.21 DYNAMIC_ARCH',
            openblas_get_corename: () => core,
            unload() {},
          };
        };
        const said = [];
        const blas = await openBlas({
          threads: 1,
          platform: 'linux',
          koffi: async () => fakeKoffi({ ${JSON.stringify(path)}: load }),
          log: (message) => said.push(message),
          trials: new Trials(${JSON.stringify(folder)}),
          cpuInfo: () => cpuInfos.emeraldRapids,
        });
        process.stdout.write(JSON.stringify({ detail: blas.detail ?? blas.reason, said }));`,
      ],
      { encoding: 'utf8' },
    );
    const at = Date.now() / 1000 - secondsAgo;
    for (const name of readdirSync(folder).filter((file) => !dated.has(file))) {
      utimesSync(join(folder, name), at, at);
      dated.add(name);
    }
    return { signal, got: stdout === '' ? undefined : (JSON.parse(stdout) as { detail: string; said: string[] }) };
  }
  const dated = new Set<string>();

  it.skipIf(process.platform === 'win32')('cost those kernels after three workers, and not BLAS (signals)', () => {
    for (const secondsAgo of [30, 20, 10]) expect(worker(['SkylakeX'], secondsAgo).signal).toBe('SIGKILL');
    const { got } = worker(['SkylakeX'], 0);
    expect(got?.detail).toBe(`OpenBLAS 0.3.21, Haswell kernels instead of Prescott, ${path}`);
  });

  it.skipIf(process.platform === 'win32')('leave what the library chose where all others end it (signals)', () => {
    const deadly = ['SkylakeX', 'Haswell'];
    for (const secondsAgo of [60, 50, 40, 30, 20, 10]) expect(worker(deadly, secondsAgo).signal).toBe('SIGKILL');
    const { got } = worker(deadly, 0);
    expect(got?.detail).toBe(`OpenBLAS 0.3.21, Prescott kernels, ${path}`);
    expect(got?.said).toEqual([
      expect.stringMatching(/keeps its Prescott kernels: with SkylakeX kernels it ended the workers/),
    ]);
  });
});

/**
 * A process of its own opens the system's BLAS for so many threads, and multiplies. Whatever processor this is, and whether
 * or not the library knows it.
 */
describe.skipIf(process.platform !== 'linux')('the system’s OpenBLAS (processor’s flags from /proc, Linux)', () => {
  it('computes with kernels that are worth the processor, in one copy and rightly', (context) => {
    const url = (file: string) => JSON.stringify(new URL(`../../src/kernels/${file}`, import.meta.url).href);
    const script = `
      import { readdirSync, readFileSync } from 'node:fs';
      import { openBlas } from ${url('blas.ts')};
      import { loadKoffi } from ${url('koffi.ts')};
      const koffi = await loadKoffi(${url('koffi.ts')});
      const threads = () => readdirSync('/proc/self/task').length;
      const before = threads();
      const blas = await openBlas({ threads: 2, koffi: async () => koffi, log: () => {} });
      const after = threads();
      if (blas._tag) { process.stdout.write(JSON.stringify({ detail: blas.reason })); process.exit(); }
      const n = 300;
      const a = new Float64Array(n * n).map((_, i) => (i % 7) - 3);
      const b = new Float64Array(n * n).map((_, i) => (i % 5) - 2);
      const c = new Float64Array(n * n);
      const view = { aOffset: 0, lda: n, transA: false, bOffset: 0, ldb: n, transB: false, cOffset: 0, ldc: n };
      await blas.gemm({ ...view, m: n, n, k: n, alpha: 1, beta: 0, a, b, c });
      let wrong = 0;
      for (let i = 0; i < n; i++)
        for (let j = 0; j < n; j++) {
          let sum = 0;
          for (let p = 0; p < n; p++) sum += a[i * n + p] * b[p * n + j];
          if (c[i * n + j] !== sum) wrong++;
        }
      const beginning = / 00000000 .*openblas/;
      const copies = readFileSync('/proc/self/maps', 'utf8').split('\\n').filter((line) => beginning.test(line)).length;
      process.stdout.write(JSON.stringify({ detail: blas.detail, threads: after - before, wrong, copies }));`;
    const { OPENBLAS_CORETYPE: _core, ...env } = process.env;
    const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', script], {
      encoding: 'utf8',
      env,
    });
    if (stdout === '') throw new Error(stderr);
    const { detail, ...found } = JSON.parse(stdout) as { detail: string };
    const core = /^OpenBLAS [\d.]+, (\w+) kernels/.exec(detail)?.[1];
    if (core === undefined) return context.skip(`no OpenBLAS here that has core types: ${detail}`);
    expect(found).toEqual({ threads: 0, wrong: 0, copies: 1 });
    if (runnableCoreTypes(readCpuInfo()).length > 0)
      expect(core).not.toMatch(/^(Prescott|Barcelona|Nehalem|Sandybridge|Core2)$/i);
  });
});
