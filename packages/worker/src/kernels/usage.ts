import { KernelUsageError } from './errors.ts';
import type { Dtype, KernelName } from './kernel.ts';

/** @throws KernelUsageError when the kernel can't compute the dtype on any machine, with what to do instead */
export function assertKernelSupports(kernel: KernelName | 'auto', dtype: Dtype): void {
  if ((kernel === 'gpu' || kernel === 'wgsl') && dtype === 'float64')
    throw new KernelUsageError(
      kernel,
      `the ${kernel} kernel computes float32 only and the matrices are float64: use --dtype float32, or another --kernel`,
    );
}
