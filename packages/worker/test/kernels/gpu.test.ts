import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { assertKernelSupports, openKernel } from '../../src/kernels/index.ts';
import { KernelUsageError } from '../../src/kernels/errors.ts';
import { testKernel } from './contract.ts';

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

describe('gpu usage', () => {
  it('refuses float64 and says what to do', () => {
    expect(() => assertKernelSupports('gpu', 'float64')).toThrow(KernelUsageError);
    expect(() => assertKernelSupports('wgsl', 'float64')).toThrow(/--dtype float32/);
    expect(() => assertKernelSupports('gpu', 'float32')).not.toThrow();
    expect(() => assertKernelSupports('auto', 'float64')).not.toThrow();
  });
});
