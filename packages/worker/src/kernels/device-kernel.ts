import { checkGemm } from './check-job.ts';
import { deviceBlocks, deviceStagingBytes } from './device-gemm.ts';
import type { DeviceBlock, DeviceLimits } from './device-gemm.ts';
import type { ComputeDevice } from './device.ts';
import { addElementWise } from './element-wise.ts';
import { KernelFailed } from './errors.ts';
import { inlineMultiplyAdds, isSmall } from './event-loop.ts';
import { dtypeOf, isGemm } from './kernel.ts';
import type { Gemm, Kernel, KernelName } from './kernel.ts';
import { gemmInline } from './loops.ts';
import { isScaleOnly, scaleC } from './scale.ts';
import { assertKernelSupports } from './usage.ts';
import { Slots } from './slots.ts';

export interface DeviceKernelOptions {
  readonly name: KernelName;
  readonly detail: string;
  readonly device: ComputeDevice;
  readonly block: DeviceLimits;
  /** Whether it sums parts of k in pieces (`DevicePart`). */
  readonly sumsPieces: boolean;
  compute(block: DeviceBlock): Promise<void>;
  close(): Promise<void>;
}

/** What the kernels on a device have in common: float32 only, one product at a time, additions and small ones on the CPU. */
export function deviceKernel({
  name,
  detail,
  device,
  block: limits,
  sumsPieces,
  compute,
  close,
}: DeviceKernelOptions): Kernel {
  const turn = new Slots(1);
  let lost: string | undefined;
  void device.device.lost.then(({ message }) => (lost = message));
  return {
    name,
    detail,
    software: device.software,
    supports: (operation, dtype) => operation === 'add' || dtype === 'float32',
    // Everything is copied to the device, wherever it lies.
    takesAnyMemory: () => Promise.resolve(true),
    // What is small is computed here, which may differ between a call and its pieces.
    sumsPieces: ({ m, n, cell = { rows: m, cols: n } }) =>
      Promise.resolve(sumsPieces && cell.rows * cell.cols > inlineMultiplyAdds),
    add: addElementWise,
    async gemm(job: Gemm): Promise<void> {
      checkGemm(job);
      assertKernelSupports(name, dtypeOf(job.c));
      if (isScaleOnly(job)) return scaleC(job);
      if (isSmall(job)) return gemmInline('float32')(job);
      await turn.use(async () => {
        if (lost !== undefined) throw new KernelFailed(name, `the device of the ${name} kernel was lost: ${lost}`);
        try {
          for (const block of deviceBlocks(job, limits)) await compute(block);
        } catch (cause) {
          if (cause instanceof KernelFailed) throw cause;
          throw new KernelFailed(name, `the ${name} kernel failed on ${device.name}: ${String(cause)}`, cause);
        }
      });
    },
    workspaceBytes: (job) => (isGemm(job) ? deviceStagingBytes(job, limits) : 0),
    async close() {
      await turn.drain();
      await close();
      device.release();
    },
  };
}
