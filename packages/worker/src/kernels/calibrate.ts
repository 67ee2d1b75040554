import type { Dtype, Elements, Kernel, KernelOperation, KernelRate } from './kernel.ts';

/** Milliseconds on a clock that never goes back. */
export type MonotonicClock = () => number;

/** Rounds over all kernels; the best counts, so that a moment in which others had the core costs nothing. */
const rounds = 4;

/** Rounds before them that count for nothing: threads start, and V8 optimises what it has seen run. */
const warmUps = 2;

/**
 * Side of the square product: 113 MFLOP, 1 to 20 ms. At 192 waking two threads took most of the time: 18 GFLOPS seen of
 * 64, 48 of 100. A device needs more work before its rate shows.
 */
const sides = { cpu: 384, device: 1024 } as const;

/** Elements of the addition, which is in place, as workers' are: 8 MiB of float64 in all, more than L2 holds. */
const addRows = 512;
const addCols = 1024;

/**
 * Measures kernels side by side, in interleaved rounds. Costs about 30 ms for wasm and blas together, most of it for the
 * start of the thread; a kernel that fails is left out of the answer.
 */
export async function measure(
  kernels: readonly Kernel[],
  op: KernelOperation,
  dtype: Dtype,
  clock: MonotonicClock,
): Promise<KernelRate[]> {
  const able = kernels.filter((kernel) => kernel.supports(op, dtype));
  if (able.length === 0) return [];
  const run = op === 'multiply' ? multiply(dtype, able.every(isDevice) ? sides.device : sides.cpu) : addition(dtype);
  const best = new Map<Kernel, number>();
  const failed = new Set<Kernel>();
  for (let round = -warmUps; round < rounds; round++)
    for (const kernel of able) {
      if (failed.has(kernel)) continue;
      const start = clock();
      try {
        await run.once(kernel);
      } catch {
        failed.add(kernel);
        best.delete(kernel);
        continue;
      }
      const rate = run.work / 1e6 / Math.max(clock() - start, 1e-3);
      if (round >= 0) best.set(kernel, Math.max(best.get(kernel) ?? 0, rate));
    }
  return [...best].map(([kernel, rate]) => ({
    kernel: kernel.name,
    op,
    dtype,
    rate,
    unit: op === 'multiply' ? 'gflops' : 'GB/s',
    detail: kernel.detail,
  }));
}

export const isDevice = ({ name }: Pick<Kernel, 'name'>): boolean => name === 'gpu' || name === 'wgsl';

interface Run {
  /** Floating point operations or bytes. */
  readonly work: number;
  once(kernel: Kernel): Promise<void>;
}

function multiply(dtype: Dtype, side: number): Run {
  const [a, b, c] = matrices(dtype, side * side);
  const view = { aOffset: 0, lda: side, transA: false, bOffset: 0, ldb: side, transB: false, cOffset: 0, ldc: side };
  return {
    work: 2 * side ** 3,
    once: (kernel) => kernel.gemm({ ...view, m: side, n: side, k: side, alpha: 1, beta: 0, a, b, c }),
  };
}

function addition(dtype: Dtype): Run {
  const [a, b] = matrices(dtype, addRows * addCols);
  const view = { aOffset: 0, lda: addCols, bOffset: 0, ldb: addCols, cOffset: 0, ldc: addCols };
  return {
    work: 3 * a.byteLength,
    once: (kernel) => kernel.add({ ...view, rows: addRows, cols: addCols, alpha: 1, beta: 1, a, b, c: a }),
  };
}

/** Three matrices in shared memory, as tiles are; no zeros and no subnormals, which some processors multiply slowly. */
function matrices(dtype: Dtype, length: number): [Elements, Elements, Elements] {
  const one = () => {
    const elements =
      dtype === 'float64'
        ? new Float64Array(new SharedArrayBuffer(8 * length))
        : new Float32Array(new SharedArrayBuffer(4 * length));
    for (let i = 0; i < length; i++) elements[i] = ((i % 251) - 125.5) / 128;
    return elements;
  };
  return [one(), one(), one()];
}
