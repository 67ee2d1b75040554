import { checkGemm } from './check-job.ts';
import { ComputeThreads } from './compute-threads.ts';
import { addElementWise } from './element-wise.ts';
import { isSmall } from './event-loop.ts';
import { dtypeOf, isGemm } from './kernel.ts';
import type { Dtype, ElementWise, Gemm, Kernel, KernelLog, KernelUnavailable } from './kernel.ts';
import { gemmInline } from './loops.ts';
import { loopsPanelBytes } from './packed-gemm.ts';
import { isScaleOnly, scaleC } from './scale.ts';
import { stagingBytes, withSharedViews } from './shared-views.ts';
import { splitGemm } from './split-gemm.ts';
import type { Trials } from './trials.ts';
import { detectWasm } from './wasm-features.ts';
import type { WasmLevel } from './wasm-features.ts';
import { compileNarrow, compileWide } from './wasm-compile.ts';
import type { WasmProgram } from './wasm-compile.ts';
import { wasmGemm, wasmMemoryBytes } from './wasm-gemm.ts';
import type { VectorBits } from './wasm-tile.ts';

export interface WasmOptions {
  readonly threads: number;
  readonly log?: KernelLog | undefined;
  /** The widest vectors to use; 256 bits where V8 and the processor have them: see `wasm-compile.ts`. */
  readonly wasmBits?: VectorBits | undefined;
  /** Where crashes of V8's compiler are remembered. */
  readonly trials?: Trials | undefined;
  /** What to compile for, when not what the engine can do: the slower forms stay testable on any machine. */
  readonly level?: WasmLevel;
}

/** SIMD in WebAssembly: ships with the worker, needs nothing installed. */
export function openWasm(options: WasmOptions): Kernel | KernelUnavailable {
  const { threads, level = detectWasm() } = options;
  if (level === 'none')
    return {
      _tag: 'KernelUnavailable',
      kernel: 'wasm',
      reason: `this engine (V8 ${process.versions.v8}) has no WebAssembly SIMD`,
    };
  let bits: VectorBits = 128;
  const poolFor = (dtype: Dtype) => {
    let program: WasmProgram | undefined;
    return new ComputeThreads('wasm', threads, () => {
      program ??= compileBest(dtype, level, options);
      ({ bits } = program);
      return { source: `return (${wasmGemm.toString()})(data.module, data.layout) // ${dtype}\n`, data: program };
    });
  };
  // One pool per dtype: each has its own module, compiled when its first thread starts.
  const pools = { float64: poolFor('float64'), float32: poolFor('float32') };
  return {
    name: 'wasm',
    get detail() {
      return `WebAssembly SIMD, ${level === 'fused' ? 'fused multiply-add' : 'product and sum'}, ${bits}-bit vectors`;
    },
    supports: () => true,
    add: addElementWise,
    async gemm(job: Gemm): Promise<void> {
      checkGemm(job);
      if (isScaleOnly(job)) return scaleC(job);
      if (isSmall(job)) return gemmInline(dtypeOf(job.c))(job);
      const pool = pools[dtypeOf(job.c)];
      await withSharedViews(job, (shared) => pool.runAll(splitGemm(shared, pool.size)));
    },
    workspaceBytes(job: Gemm | ElementWise): number {
      if (!isGemm(job)) return 0;
      if (isSmall(job)) return loopsPanelBytes;
      return splitGemm(job, Math.max(1, threads)).length * wasmMemoryBytes(dtypeOf(job.c)) + stagingBytes(job);
    },
    close: async () => {
      await Promise.all([pools.float64.close(), pools.float32.close()]);
    },
  };
}

/** The module to use here: the wide one if it can be had, with the reason in the log if it can't. */
function compileBest(dtype: Dtype, level: WasmLevel, { wasmBits = 256, trials, log }: WasmOptions): WasmProgram {
  const narrow = compileNarrow(dtype, level === 'fused');
  if (level !== 'fused' || wasmBits === 128) return narrow;
  const attempt = () => compileWide(dtype, narrow, () => performance.now());
  const wide =
    (trials ? trials.attempt('wasm 256', attempt) : attempt()) ??
    'making them ended the workers that tried it in the last 24 hours';
  if (typeof wide !== 'string') return wide;
  log?.(`wasm: no vectors of 256 bits for ${dtype}: ${wide}`);
  return narrow;
}
