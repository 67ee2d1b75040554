import { allocateTile, createZarrIn, memoryStore } from '@tessera/matrix';
import { chooseKernels, type Kernel } from '@tessera/worker';

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
    clock: () => 0,
    version: 'sim',
    log: () => undefined,
  });
  const store = memoryStore();
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
  await store.get('x');
  return { multiply: choice.pick('multiply', 'float64'), add: choice.pick('add', 'float64') };
}
