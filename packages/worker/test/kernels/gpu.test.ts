import { existsSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { assertKernelSupports, isUnavailable, openKernel, type Gemm } from '../../src/kernels/index.ts';
import { KernelUsageError } from '../../src/kernels/errors.ts';
import { testKernel } from './contract.ts';
import { seededRandom } from './reference.ts';

/** Debian's package `chromium` brings a Vulkan driver that the CPU plays; Dawn finds it through the package `libvulkan1`. */
const swiftShader = '/usr/lib/chromium/vk_swiftshader_icd.json';
if (existsSync(swiftShader)) process.env['VK_ICD_FILENAMES'] ??= swiftShader;
process.env['XDG_RUNTIME_DIR'] ??= '/tmp';

for (const name of ['gpu', 'wgsl'] as const) {
  await testKernel(
    name,
    async () => {
      const opened = await openKernel(name, { threads: 1, log: () => {} });
      if (!('_tag' in opened) || existsSync(swiftShader)) return opened;
      return {
        ...opened,
        reason: `${opened.reason}; SwiftShader is not installed either (Debian: chromium and libvulkan1)`,
      };
    },
    { dtypes: ['float32'] },
  );
}

describe('wgsl, over more of k than a cell', async () => {
  const opened = await openKernel('wgsl', { threads: 1, log: () => {} });
  if (isUnavailable(opened)) return it.skip(`not here: ${opened.reason}`, () => {});
  afterAll(() => opened.close());
  const [m, n, k] = [530, 515, 45];
  const random = seededRandom(5);
  const array = (length: number) => new Float32Array(length).map(random);
  const [a, b, c0] = [array(m * k), array(k * n), array(m * n)];
  const views = { a, lda: k, transA: false, b, ldb: n, transB: false, cOffset: 0, ldc: n };
  const call = (c: Float32Array, from: number, to: number, scalars: { alpha: number; beta: number }): Gemm => {
    const at = { k: to - from, aOffset: from, bOffset: from * n };
    return { m, n, c, ...views, ...at, ...scalars };
  };

  it.each([
    [1, 0, 7],
    [1, 1, 16],
    [-0.3, 2, 44],
  ])('gives the bits of a call for each piece of k: alpha %d, beta %d, piece %d', async (alpha, beta, piece) => {
    const cut = c0.slice();
    for (let from = 0; from < k; from += piece)
      await opened.gemm(call(cut, from, Math.min(k, from + piece), { alpha, beta: from === 0 ? beta : 1 }));
    const whole = { ...call(c0.slice(), 0, k, { alpha, beta }), cell: { rows: m, cols: n, k: piece } };
    expect(await opened.sumsPieces?.(whole)).toBe(true);
    await opened.gemm(whole);
    // A comparison of so many numbers that fails takes minutes to say so.
    expect(whole.c.findIndex((element, index) => !Object.is(element, cut[index]))).toBe(-1);
  });

  it('does not offer that for what is computed beside the device', async () => {
    const small = { ...call(c0, 0, k, { alpha: 1, beta: 0 }), cell: { rows: 512, cols: 512, k: 7 } };
    expect(await opened.sumsPieces?.(small)).toBe(false);
  });
});

describe('gpu usage', () => {
  it('refuses float64 and says what to do', () => {
    expect(() => assertKernelSupports('gpu', 'float64')).toThrow(KernelUsageError);
    expect(() => assertKernelSupports('wgsl', 'float64')).toThrow(/--dtype float32/);
    expect(() => assertKernelSupports('gpu', 'float32')).not.toThrow();
    expect(() => assertKernelSupports('auto', 'float64')).not.toThrow();
  });
});
