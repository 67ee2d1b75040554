import { execFile } from 'node:child_process';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { koffiFileNames } from '../../src/kernels/koffi.ts';
import { nativeFiles } from '../../src/kernels/native-files.ts';

const kernels = join(import.meta.dirname, '../../src/kernels/index.ts');

/** Computes a 100×100 product of ones and twos on each kernel and prints what happened. */
const program = `
import { chooseKernels, isUnavailable, loadKoffi, openKernel } from ${JSON.stringify(kernels)};
const log = () => {};
const koffi = () => loadKoffi(import.meta.url);
const one = (value) => new Float64Array(new SharedArrayBuffer(80000)).fill(value);
const view = { m: 100, n: 100, k: 100, alpha: 1, beta: 0, aOffset: 0, lda: 100, transA: false, bOffset: 0, ldb: 100, transB: false, cOffset: 0, ldc: 100 };
const results = {};
for (const name of ['loops', 'wasm', 'blas']) {
  const kernel = await openKernel(name, { threads: 2, koffi, log });
  if (isUnavailable(kernel)) { results[name] = kernel.reason; continue; }
  const c = one(NaN);
  await kernel.gemm({ ...view, a: one(1), b: one(2), c });
  await kernel.close();
  results[name] = c.every((element) => element === 200);
}
const loaded = await koffi().then(({ version }) => version, String);
const choice = await chooseKernels({ requested: 'auto', threads: 1, cores: 1, koffi, log, clock: () => performance.now(), processorClock: () => performance.now(), version: '0' });
const c = one(0);
await choice.pick('add', 'float64').add({ rows: 100, cols: 100, alpha: 1, beta: 1, a: one(1), aOffset: 0, lda: 100, b: one(2), bOffset: 0, ldb: 100, c, cOffset: 0, ldc: 100 });
await choice.close();
console.log(JSON.stringify({ results, loaded, sum: c[7] }));
`;

describe('kernels in a bundle of one file', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'tessera bundle '));
    await writeFile(join(folder, 'program.ts'), program);
    await build({
      entryPoints: [join(folder, 'program.ts')],
      outfile: join(folder, 'program.mjs'),
      bundle: true,
      platform: 'node',
      format: 'esm',
      target: 'node24',
      minify: true,
      logLevel: 'silent',
      external: ['koffi', 'gpu.js', 'webgpu'],
      banner: {
        js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
      },
    });
    for (const { name, path } of nativeFiles()) await copyFile(path, join(folder, name));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('compute on their threads, load koffi from beside the bundle and let the process end', async () => {
    const { stdout, stderr } = await promisify(execFile)(process.execPath, [join(folder, 'program.mjs')], {
      cwd: folder,
    });
    const { results, loaded, sum } = JSON.parse(stdout) as {
      results: Record<string, unknown>;
      loaded: string;
      sum: number;
    };
    expect(stderr).toBe('');
    expect(results).toMatchObject({ loops: true, wasm: true });
    if (results['blas'] !== true) expect(results['blas']).toMatch(/no BLAS library found/);
    expect(loaded).toMatch(/^\d+\.\d+\.\d+$/);
    expect(sum).toBe(3);
  });
});

describe('native files of the bundle', () => {
  it('include one that this platform looks for', () => {
    const names = nativeFiles(`${process.platform}-${process.arch}`).map(({ name }) => name);
    expect(koffiFileNames(process.platform, process.arch).some((name) => names.includes(name))).toBe(true);
  });

  it('are none for a platform that is not installed', () => {
    expect(nativeFiles('plan9-mips')).toEqual([]);
  });
});
