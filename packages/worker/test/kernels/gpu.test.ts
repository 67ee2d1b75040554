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

describe('wgsl, in calls that continue a sum', async () => {
  const opened = await openKernel('wgsl', { threads: 1, log: () => {} });
  if (isUnavailable(opened)) return it.skip(`not here: ${opened.reason}`, () => {});
  afterAll(() => opened.close());
  const [m, n, k] = [530, 515, 45];
  const random = seededRandom(5);
  const array = (length: number) => new Float32Array(length).map(random);
  const [a, b, c0] = [array(m * k), array(k * n), array(m * n)];
  const views = { a, lda: k, transA: false, b, ldb: n, transB: false, cOffset: 0, ldc: n };
  const call = (c: Float32Array, from: number, to: number, alpha: number, beta: number): Gemm => {
    const at = { k: to - from, aOffset: from, bOffset: from * n, beta: from === 0 ? beta : 1 };
    return { m, n, alpha, c, ...views, ...at };
  };
  const inCalls = async (ends: readonly number[], alpha: number, beta: number) => {
    const c = c0.slice();
    for (const [index, end] of ends.entries()) await opened.gemm(call(c, ends[index - 1] ?? 0, end, alpha, beta));
    return c;
  };

  it.each([0, 1, -0.3])('gives the same bits wherever k is cut, for beta %d', async (beta) => {
    expect(await opened.joinsCalls?.(call(c0, 0, k, 1, beta))).toBe(true);
    const whole = await inCalls([k], 1, beta);
    expect(await inCalls([1, 8, 40, k], 1, beta)).toEqual(whole);
  });

  it('says that it does not for another alpha, nor for what is computed beside the device', async () => {
    expect(await opened.joinsCalls?.(call(c0, 0, k, 2, 0))).toBe(false);
    expect(await opened.joinsCalls?.({ ...call(c0, 0, k, 1, 0), cell: { rows: 512, cols: 512 } })).toBe(false);
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
