import type { HasWebAssembly } from './web-assembly.ts';
import { emitModule, emitProbe } from './wasm-module.ts';

/**
 * `fused`: relaxed multiply-add is one instruction that rounds once. `relaxed`: the engine knows it but the processor
 * rounds twice, so it gains nothing over a product and a sum. `simd`: the engine has 128-bit vectors only.
 */
export type WasmLevel = 'fused' | 'relaxed' | 'simd' | 'none';

/** What this engine on this processor can do; takes about a millisecond and is never assumed. */
export function detectWasm(): WasmLevel {
  const { WebAssembly: wasm } = globalThis as HasWebAssembly;
  if (!wasm) return 'none';
  const probe = emitProbe();
  if (!wasm.validate(probe))
    return wasm.validate(emitModule({ dtype: 'float64', relaxed: false, pages: 1 })) ? 'simd' : 'none';
  const { exports } = new wasm.Instance(new wasm.Module(probe));
  const fused = exports['fused'] as (x: number, y: number, z: number) => number;
  // (1 + e)(1 - e) - 1 with e = 2^-30 is -2^-60 when rounded once; rounded twice the product is 1 and the result 0.
  return fused(1 + 2 ** -30, 1 - 2 ** -30, -1) === -(2 ** -60) ? 'fused' : 'relaxed';
}
