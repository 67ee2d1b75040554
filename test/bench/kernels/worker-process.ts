import { isUnavailable, openKernel } from '@tessera/worker';
import type { KernelName } from '@tessera/worker';
import { matrices, product } from './matrices.ts';

/** Started by the benchmark: multiplies n×n matrices `times` times on one thread whenever it is told to. */
const [name, size, times] = process.argv.slice(2) as [KernelName, string, string];
const n = Number(size);
const kernel = await openKernel(name, { threads: 1, log: () => {} });
if (isUnavailable(kernel)) throw new Error(kernel.reason);
const job = product(matrices('float64', n), n);
for (let warmUp = 0; warmUp < 4; warmUp++) await kernel.gemm(job);
process.on('message', async () => {
  const start = performance.now();
  for (let i = 0; i < Number(times); i++) await kernel.gemm(job);
  process.send?.((performance.now() - start) / 1000);
});
process.on('disconnect', () => process.exit());
process.send?.('ready');
