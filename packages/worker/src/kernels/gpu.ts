import { deviceBlock } from './device-gemm.ts';
import { deviceKernel } from './device-kernel.ts';
import { offerToLibraries, openDevice } from './device.ts';
import type { Kernel, KernelUnavailable } from './kernel.ts';

/** gpu.js translates this text to WGSL: one thread per element of the result. A text, so that no bundler rewrites it. */
const source = `function (a, b, depth) {
  let sum = 0;
  for (let p = 0; p < depth; p++) sum += a[this.thread.y][p] * b[p][this.thread.x];
  return sum;
}`;

/**
 * gpu.js on WebGPU, float32. Its other modes are left alone: `webasm` is a hundred times slower than the wasm kernel, and
 * `cpu` returns wrong numbers for matrices that are not square (2.24.1, with dynamic arguments).
 */
export async function openGpu(): Promise<Kernel | KernelUnavailable> {
  const device = await openDevice();
  if (typeof device === 'string') return unavailable(device);
  let library: GpuJs;
  try {
    library = (await import('gpu.js')).default as unknown as GpuJs;
  } catch (cause) {
    device.release();
    return unavailable(`gpu.js can't be loaded: ${cause instanceof Error ? cause.message : String(cause)}`);
  }
  const { GPU, input } = library;
  offerToLibraries(device);
  const gpu = new GPU({ mode: 'webgpu' });
  const multiply = gpu.createKernel(source, {
    precision: 'single',
    dynamicOutput: true,
    dynamicArguments: true,
    argumentTypes: { a: 'Input', b: 'Input', depth: 'Integer' },
    // gpu.js ends every loop after this many rounds, by default 1000, without a word.
    loopMaxIterations: deviceBlock,
  });
  return deviceKernel({
    name: 'gpu',
    detail: `gpu.js on WebGPU, ${device.name}`,
    device,
    async product(a, b, m, n, k) {
      multiply.setOutput([n, m]);
      const rows = await multiply(input(a, [k, m]), input(b, [n, k]), k);
      // The rows are views of one array without gaps.
      const first = rows[0]!;
      return new Float32Array(first.buffer, first.byteOffset, m * n);
    },
    close: () => gpu.destroy(),
  });
}

const unavailable = (reason: string): KernelUnavailable => ({ _tag: 'KernelUnavailable', kernel: 'gpu', reason });

interface GpuJs {
  readonly GPU: new (options: { mode: 'webgpu' }) => {
    createKernel(source: string, settings: object): GpuJsKernel;
    destroy(): Promise<void>;
  };
  input(elements: Float32Array, size: readonly [cols: number, rows: number]): object;
}

interface GpuJsKernel {
  (a: object, b: object, depth: number): Promise<Float32Array<ArrayBuffer>[]>;
  setOutput(size: readonly [cols: number, rows: number]): void;
}
