import { KernelFailed } from './errors.ts';
import type { ElementWise, Gemm, Kernel } from './kernel.ts';

/** The kernel with an orderly end: `close` waits for the jobs under way, once, and later jobs are refused. */
export function closable(kernel: Kernel): Kernel {
  const running = new Set<Promise<void>>();
  let closing: Promise<void> | undefined;

  async function run(work: () => Promise<void>): Promise<void> {
    if (closing) throw new KernelFailed(kernel.name, `the ${kernel.name} kernel is closed and takes no more jobs`);
    const job = work();
    running.add(job);
    try {
      await job;
    } finally {
      running.delete(job);
    }
  }

  async function end(): Promise<void> {
    await Promise.allSettled(running);
    await kernel.close();
  }

  return {
    name: kernel.name,
    get detail() {
      return kernel.detail;
    },
    ...(kernel.software === undefined ? {} : { software: kernel.software }),
    supports: (operation, dtype) => kernel.supports(operation, dtype),
    takesAnyMemory: async () => (await kernel.takesAnyMemory?.()) ?? false,
    sumsPieces: async (job) => (await kernel.sumsPieces?.(job)) ?? false,
    workspaceBytes: (job) => kernel.workspaceBytes(job),
    gemm: (job: Gemm) => run(() => kernel.gemm(job)),
    add: (job: ElementWise) => run(() => kernel.add(job)),
    close: () => (closing ??= end()),
  };
}
