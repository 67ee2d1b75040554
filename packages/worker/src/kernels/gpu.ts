import { deviceKernel } from './device-kernel.ts';
import { offerToLibraries, openDevice } from './device.ts';
import { inBands } from './event-loop.ts';
import type { Kernel, KernelUnavailable } from './kernel.ts';

/** gpu.js translates this text to WGSL: one thread per element of the result. A text, so that no bundler rewrites it. */
const source = `function (a, b, depth) {
  let sum = 0;
  for (let p = 0; p < depth; p++) sum += a[this.thread.y][p] * b[p][this.thread.x];
  return sum;
}`;

/** Few parts of k: between two of them C comes back to be added to. */
const BLOCK = { side: 4096, k: 4096 } as const;

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
    loopMaxIterations: BLOCK.k,
  });
  return deviceKernel({
    name: 'gpu',
    detail: `gpu.js on WebGPU, ${device.name}`,
    device,
    block: BLOCK,
    sumsPieces: false,
    async compute({ m, n, alpha, beta, parts, writeC, takeC }) {
      let c: Float32Array | undefined;
      if (beta !== 0) await writeC((c = new Float32Array(m * n)));
      multiply.setOutput([n, m]);
      for (const [index, { k, writeA, writeB }] of parts.entries()) {
        const [a, b] = [new Float32Array(m * k), new Float32Array(k * n)];
        await writeA(a);
        await writeB(b);
        const rows = await multiply(input(a, [k, m]), input(b, [n, k]), k);
        // The rows are views of one array without gaps.
        const r = new Float32Array(rows[0]!.buffer, rows[0]!.byteOffset, m * n);
        if (alpha !== 1 || c) await merge(r, alpha, c, index === 0 ? beta : 1, n);
        c = r;
      }
      await takeC(c!);
    },
    close: () => gpu.destroy(),
  });
}

/** r := alpha·r + beta·c, or alpha·r without a c. */
const merge = (
  r: Float32Array,
  alpha: number,
  c: Float32Array | undefined,
  beta: number,
  cols: number,
): Promise<void> =>
  inBands(r.length / cols, cols, (from, to) => {
    const end = to * cols;
    if (c) for (let i = from * cols; i < end; i++) r[i] = alpha * r[i]! + beta * c[i]!;
    else for (let i = from * cols; i < end; i++) r[i] = alpha * r[i]!;
  });

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
