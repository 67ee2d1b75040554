import { addElementWise } from './element-wise.ts';
import { checkGemm } from './check-job.ts';
import { closedSource, perDtype } from './compile.ts';
import { ComputeThreads } from './compute-threads.ts';
import { isSmall } from './event-loop.ts';
import { dtypeOf, isGemm } from './kernel.ts';
import type { ElementWise, Gemm, Kernel } from './kernel.ts';
import { loopsPanelBytes, packedGemm } from './packed-gemm.ts';
import { isScaleOnly, scaleC } from './scale.ts';
import { stagingBytes, withSharedViews } from './shared-views.ts';
import { splitGemm } from './split-gemm.ts';

/** Plain TypeScript: always there, and what the others are measured against. */
export function openLoops({ threads }: { readonly threads: number }): Kernel {
  const pool = new ComputeThreads('loops', threads, loopsProgram);
  return {
    name: 'loops',
    detail: 'plain TypeScript, packed panels, 3×3 register tile',
    supports: () => true,
    add: addElementWise,
    async gemm(job: Gemm): Promise<void> {
      checkGemm(job);
      if (isScaleOnly(job)) return scaleC(job);
      if (isSmall(job)) return gemmInline(dtypeOf(job.c))(job);
      await withSharedViews(job, (shared) => pool.runAll(splitGemm(shared, pool.size)));
    },
    workspaceBytes(job: Gemm | ElementWise): number {
      if (!isGemm(job)) return 0;
      if (isSmall(job)) return loopsPanelBytes;
      return splitGemm(job, pool.size).length * loopsPanelBytes + stagingBytes(job);
    },
    close: () => pool.close(),
  };
}

/** The packed product on the calling thread, for jobs too small to be worth a thread hop. */
export const gemmInline = perDtype(packedGemm);

const loopsProgram = () => ({
  source: `
const make = {
  float64() { ${closedSource(packedGemm, 'float64')} },
  float32() { ${closedSource(packedGemm, 'float32')} },
};
const made = {};
return (job) => {
  const dtype = job.c instanceof Float64Array ? 'float64' : 'float32';
  made[dtype] ??= make[dtype]();
  made[dtype](job);
};`,
});
