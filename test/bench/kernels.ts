/**
 * `pnpm bench kernels [--quick] [--json PATH]`: what the compute kernels reach on this machine, beside numpy on one thread
 * in the same rounds where python3 has it. Rates are medians of interleaved rounds, with the best one beside them; shares
 * are medians of the shares within a round. A table goes to stdout, the same as JSON to PATH or after the table.
 */
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isUnavailable, mayHaveGpu, openKernel } from '@tessera/worker';
import type { Dtype, Kernel, KernelName } from '@tessera/worker';
import { delayDuring } from './kernels/event-loop-delay.ts';
import { matrices, product, sum } from './kernels/matrices.ts';
import { startNumpy } from './kernels/numpy.ts';
import { measureScaling } from './kernels/scaling.ts';
import { interleaved, rateOf } from './kernels/statistics.ts';
import { one, table, two } from './kernels/table.ts';
import { checkTargets, verdict } from './kernels/targets.ts';

const { values: flags } = parseArgs({
  options: { quick: { type: 'boolean' }, json: { type: 'string' } },
  allowPositionals: true,
});
const rounds = flags.quick ? 3 : 7;
const sizes = flags.quick ? [512, 1024] : [512, 1024, 2048];
/** The plain loops take seconds at the largest size; fewer rounds of them tell enough. */
const loopsRounds = (n: number) => (n >= 2048 ? Math.min(3, rounds) : rounds);
const dtypes: readonly Dtype[] = ['float64', 'float32'];
const print = (text: string) => process.stdout.write(`${text}\n`);

const kernels: Kernel[] = [];
const missing: Record<string, string> = {};
for (const name of ['blas', 'wasm', 'loops', 'wgsl', 'gpu'] as const satisfies readonly KernelName[]) {
  if ((name === 'wgsl' || name === 'gpu') && !mayHaveGpu()) {
    missing[name] = 'no GPU found';
    continue;
  }
  const kernel = await openKernel(name, { threads: 1, log: (message) => print(`# ${message}`) });
  if (isUnavailable(kernel)) missing[name] = kernel.reason;
  else if (kernel.software) {
    missing[name] = `${kernel.detail} is a software adapter: correct, its speed tells nothing`;
    await kernel.close();
  } else kernels.push(kernel);
}
const numpy = await startNumpy();

const machine = {
  cpu: cpus()[0]?.model,
  cores: availableParallelism(),
  node: process.version,
  v8: process.versions.v8,
  numpy: numpy?.version,
  kernels: {} as Record<string, string>,
  missing,
  rounds,
};
print(`${machine.cpu}, ${machine.cores} cores, Node ${machine.node}, numpy ${machine.numpy ?? 'not found'}`);
for (const [name, reason] of Object.entries(missing)) print(`  ${name}: not measured (${reason})`);

const multiply = [];
for (const dtype of dtypes)
  for (const n of sizes) {
    const job = product(matrices(dtype, n), n);
    const able = kernels.filter((kernel) => kernel.supports('multiply', dtype));
    const contestants = able.map((kernel) => ({
      name: kernel.name,
      rounds: kernel.name === 'loops' ? loopsRounds(n) : rounds,
      run: () => seconds(() => kernel.gemm(job)),
    }));
    const measured = await interleaved(
      [...contestants, ...(numpy ? [{ name: 'numpy', run: () => numpy.multiply(dtype, n) }] : [])],
      rounds,
    );
    for (const name of measured.keys()) {
      const rate = rateOf(measured, name, (2 * n ** 3) / 1e9);
      const shares = { ofNumpy: rate.share('numpy'), ofLoops: rate.share('loops') };
      multiply.push({ dtype, n, kernel: name, gflops: rate.median, best: rate.best, ...shares });
    }
  }
// A kernel knows in full what computes only after a job.
machine.kernels = Object.fromEntries(kernels.map(({ name, detail }) => [name, detail]));
for (const [name, detail] of Object.entries(machine.kernels)) print(`  ${name}: ${detail}`);
print('\nmultiply, one thread, GFLOPS');
print(
  table(
    ['dtype  n  kernel', 'median', 'best', 'of numpy', 'of loops'],
    multiply.map((row) => [
      `${row.dtype} ${String(row.n).padStart(4)} ${row.kernel}`,
      one(row.gflops),
      one(row.best),
      two(row.ofNumpy),
      one(row.ofLoops),
    ]),
  ),
);

const add = [];
for (const dtype of dtypes)
  for (const into of ['a', 'c'] as const) {
    const n = 4096;
    const [a, b, c] = matrices(dtype, n);
    const job = sum(a, b, into === 'a' ? a : c, n);
    const measured = await interleaved(
      [
        ...kernels.map((kernel) => ({ name: kernel.name, run: () => seconds(() => kernel.add(job)) })),
        ...(numpy ? [{ name: 'numpy', run: () => numpy.add(dtype, n, into) }] : []),
      ],
      rounds,
    );
    for (const name of measured.keys()) {
      const rate = rateOf(measured, name, (3 * job.c.byteLength) / 1e9);
      add.push({ dtype, n, into, kernel: name, gbps: rate.median, best: rate.best, ofNumpy: rate.share('numpy') });
    }
  }
print('\nadd 4096x4096 in place (A += B), and into a third matrix that is in memory already (C = A + B, numpy: out=)');
print('GB/s over three streams');
print(
  table(
    ['dtype  into  kernel', 'median', 'best', 'of numpy'],
    add.map((row) => [`${row.dtype} ${row.into} ${row.kernel}`, one(row.gbps), one(row.best), two(row.ofNumpy)]),
  ),
);

const delays = [];
const memory = [];
for (const kernel of kernels.filter(({ name }) => name === 'blas' || name === 'wasm')) {
  const n = flags.quick ? 1024 : 2048;
  const shared = product(matrices('float64', n), n);
  const copy = (elements: typeof shared.a) => Float64Array.from(elements);
  const unshared = { ...shared, a: copy(shared.a), b: copy(shared.b), c: copy(shared.c) };
  for (const [tiles, job] of [
    ['shared', shared],
    ['unshared', unshared],
  ] as const) {
    delays.push({ kernel: kernel.name, n, tiles, ...(await delayDuring(() => kernel.gemm(job))) });
    memory.push({ kernel: kernel.name, dtype: 'float64', n, tiles, bytes: kernel.workspaceBytes(job) });
  }
}
print('\nevent loop while one product runs, ms late');
print(
  table(
    ['kernel  n  tiles', 'p99', 'max', 'seconds'],
    delays.map((row) => [`${row.kernel} ${row.n} ${row.tiles}`, two(row.p99Ms), two(row.maxMs), two(row.seconds)]),
  ),
);

for (const kernel of kernels.filter(({ name }) => name === 'loops'))
  memory.push({
    kernel: kernel.name,
    dtype: 'float64',
    n: 2048,
    tiles: 'shared',
    bytes: kernel.workspaceBytes(product(matrices('float64', 2048), 2048)),
  });
print('\nmemory beside the tiles, MiB');
print(
  table(
    ['kernel  n  tiles', 'MiB'],
    memory.map((row) => [`${row.kernel} ${row.n} ${row.tiles}`, two(row.bytes / 2 ** 20)]),
  ),
);
for (const kernel of kernels) await kernel.close();
numpy?.close();

const onCpu = kernels.map(({ name }) => name).filter((name) => name === 'blas' || name === 'wasm');
const scaling = await measureScaling(onCpu, 1024, rounds);
print('\ntwo worker processes against one (numpy: two Pythons), float64 multiply n=1024, GFLOPS');
print(
  table(
    ['kernel', 'one', 'two', 'scaling', 'best'],
    scaling.map((row) => [row.kernel, one(row.one), one(row.two), two(row.scaling), two(row.best)]),
  ),
);

const targets = checkTargets({ multiply, delays, scaling });
print('\ntargets');
print(
  table(
    ['', 'wanted', 'got', ''],
    targets.map((target) => [target.target, two(target.wanted), two(target.got), verdict(target)]),
  ),
);

const result = { machine, targets, multiply, add, delays, memory, scaling };
const text = JSON.stringify(result, undefined, 1);
if (flags.json) writeFileSync(flags.json, `${text}\n`);
else print(`\n${text}`);

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}
