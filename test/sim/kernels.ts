import { allocateTile, createZarrIn, formatCsvBand, memoryStore, openStore } from '@tessera/matrix';
import { chooseKernels, type Kernel } from '@tessera/worker';
import { s3Client } from './world/s3-client.ts';

/** The kernels of a simulation, and everything that is loaded on first use loaded: afterwards no real I/O is in play. */
export interface Loaded {
  readonly multiply: Kernel;
  readonly add: Kernel;
}

let loaded: Promise<Loaded> | undefined;

export function loadKernels(): Promise<Loaded> {
  return (loaded ??= load());
}

async function load(): Promise<Loaded> {
  const choice = await chooseKernels({
    requested: 'loops',
    threads: 1,
    cores: 1,
    clock: () => 0,
    processorClock: () => 0,
    version: 'sim',
    log: () => undefined,
  });
  for (const dtype of ['float64', 'float32'] as const) {
    const tile = allocateTile(dtype, 1, 1);
    const spec = { shape: [1, 1] as const, dtype, chunk: [1, 1] as const };
    const array = await createZarrIn(memoryStore(), 'x', spec);
    await array.write({ row: 0, col: 0, rows: 1, cols: 1 }, tile);
    const view = { a: tile.data, aOffset: 0, lda: 1, b: tile.data, bOffset: 0, ldb: 1, cOffset: 0, ldc: 1 };
    const c = allocateTile(dtype, 1, 1).data;
    const kernel = choice.pick('multiply', dtype);
    await kernel.gemm({ ...view, c, m: 1, n: 1, k: 1, alpha: 1, beta: 0, transA: false, transB: false });
    await choice.pick('add', dtype).add({ ...view, c, rows: 1, cols: 1, alpha: 1, beta: 1 });
  }
  await openStore('s3://fleet/x', { s3: () => s3Client(memoryStore()) });
  formatCsvBand(allocateTile('float64', 1, 1));
  return { multiply: uneven(choice.pick('multiply', 'float64')), add: choice.pick('add', 'float64') };
}

/** As fast kernels do, it rounds an element by its place in the block: AᵀA is symmetric only where somebody sees to it. */
function uneven(kernel: Kernel): Kernel {
  return {
    ...kernel,
    name: kernel.name,
    detail: kernel.detail,
    async gemm(job) {
      await kernel.gemm(job);
      if (job.beta !== 0) return;
      for (let row = 1; row < job.m; row++) {
        const start = job.cOffset + row * job.ldc;
        for (let at = start; at < start + Math.min(row, job.n); at++) job.c[at]! *= 1 + Number.EPSILON;
      }
    },
  };
}
