import { checkGemm } from './check-job.ts';
import { ComputeThreads } from './compute-threads.ts';
import type { ThreadProgram } from './compute-threads.ts';
import { addElementWise } from './element-wise.ts';
import { inlineMultiplyAdds } from './event-loop.ts';
import { dtypeOf, isGemm } from './kernel.ts';
import type { Dtype, ElementWise, Gemm, Kernel, KernelUnavailable } from './kernel.ts';
import { gemmInline } from './loops.ts';
import { loopsPanelBytes } from './packed-gemm.ts';
import { isScaleOnly, scaleC } from './scale.ts';
import { stagingBytes, withSharedViews } from './shared-views.ts';
import { splitGemm } from './split-gemm.ts';
import { detectWasm } from './wasm-features.ts';
import type { WasmLevel } from './wasm-features.ts';
import { wasmGemm, wasmLayout, wasmMemoryBytes } from './wasm-gemm.ts';
import { emitModule } from './wasm-module.ts';

export interface WasmOptions {
  readonly threads: number;
  /** What to compile for, when not what the engine can do: the slower forms stay testable on any machine. */
  readonly level?: WasmLevel;
}

/** SIMD in WebAssembly: ships with the worker, needs nothing installed. */
export function openWasm({ threads, level = detectWasm() }: WasmOptions): Kernel | KernelUnavailable {
  if (level === 'none')
    return {
      _tag: 'KernelUnavailable',
      kernel: 'wasm',
      reason: `this engine (V8 ${process.versions.v8}) has no WebAssembly SIMD`,
    };
  const pool = new ComputeThreads('wasm', threads, () => wasmProgram(level === 'fused'));
  return {
    name: 'wasm',
    detail: level === 'fused' ? 'WebAssembly SIMD, fused multiply-add' : 'WebAssembly SIMD, product and sum',
    supports: () => true,
    add: addElementWise,
    async gemm(job: Gemm): Promise<void> {
      checkGemm(job);
      if (isScaleOnly(job)) return scaleC(job);
      if (job.m * job.n * job.k <= inlineMultiplyAdds) return gemmInline(dtypeOf(job.c))(job);
      await withSharedViews(job, (shared) => pool.runAll(splitGemm(shared, pool.size)));
    },
    workspaceBytes(job: Gemm | ElementWise): number {
      if (!isGemm(job)) return 0;
      if (job.m * job.n * job.k <= inlineMultiplyAdds) return loopsPanelBytes;
      return splitGemm(job, pool.size).length * wasmMemoryBytes(dtypeOf(job.c)) + stagingBytes(job);
    },
    close: () => pool.close(),
  };
}

/** Each thread instantiates a dtype's module, with its own memory, when the first job of that dtype arrives. */
function wasmProgram(relaxed: boolean): ThreadProgram {
  const forDtype = (dtype: Dtype) => {
    const layout = wasmLayout(dtype);
    return { bytes: emitModule({ dtype, relaxed, pages: layout.pages }), layout };
  };
  return {
    data: { float64: forDtype('float64'), float32: forDtype('float32') },
    source: `
let float64, float32;
return (job) => {
  if (job.c instanceof Float64Array) (float64 ??= ${made('float64')})(job);
  else (float32 ??= ${made('float32')})(job);
};`,
  };
}

const made = (dtype: Dtype): string =>
  `(${wasmGemm.toString()})(data.${dtype}.bytes, data.${dtype}.layout) // ${dtype}\n`;
