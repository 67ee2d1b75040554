import { setFlagsFromString } from 'node:v8';
import type { MonotonicClock } from './calibrate.ts';
import type { Dtype, Gemm } from './kernel.ts';
import type { HasWebAssembly } from './web-assembly.ts';
import { wasmGemm, wasmLayout } from './wasm-gemm.ts';
import type { WasmLayout } from './wasm-gemm.ts';
import { emitModule } from './wasm-module.ts';
import type { VectorBits } from './wasm-tile.ts';

/** A compiled module and what its driver (`wasmGemm`) needs to know about it; both survive a `postMessage`. */
export interface WasmProgram {
  readonly module: object;
  readonly layout: WasmLayout;
  readonly bits: VectorBits;
}

/** Compiles the module for a dtype with V8's optimising compiler, so that the first product runs at full speed. */
export function compileNarrow(dtype: Dtype, relaxed: boolean): WasmProgram {
  return compile(dtype, relaxed, 128, []);
}

/**
 * The module whose 128-bit vectors V8 joins in pairs: twice the ceiling of the narrow one where the processor has AVX2.
 *
 * WebAssembly has no vectors of 256 bits; V8 has a compiler pass that makes them out of neighbours, behind a flag that it
 * calls experimental. Flags are those of the whole process, and V8 reads this one whenever it optimises a WebAssembly
 * function. So it is set for the 2 ms of one synchronous compilation, without lazy or tiered compilation that would come
 * back to it later, and unset again: no other module and no JavaScript is compiled with it on this thread meanwhile.
 *
 * What it made is trusted only after it gave the bits of the narrow module in products that take every path through the
 * code (its branches depend on sizes, never on numbers): each element is the same sum in the same order in both, so any
 * difference would be a mistake of the compiler. And it is used only where it is faster: V8 leaves the vectors as they are
 * without AVX2. Hence it is on by default. A crash of the compiler itself is remembered like one of a BLAS (`open.ts`).
 * @returns why it is not used, as a sentence
 */
export function compileWide(dtype: Dtype, narrow: WasmProgram, clock: MonotonicClock): WasmProgram | string {
  const { arch, versions } = process;
  // Other engines say on stderr that they don't know the flag.
  if (arch !== 'x64' || !versions.v8.startsWith('13.')) return `V8 ${versions.v8} on ${arch} is not known to have them`;
  const wide = compile(dtype, true, 256, ['experimental-wasm-revectorize']);
  const [slow, fast] = [wasmGemm(narrow.module, narrow.layout), wasmGemm(wide.module, wide.layout)];
  const trial = trialOf(dtype);
  const wrong = trialShapes.find(([m, n, k]) => Buffer.compare(trial(slow, m, n, k), trial(fast, m, n, k)) !== 0);
  if (wrong) return `a product of ${wrong.join('×')} differed from that with 128 bits`;
  const best = [Infinity, Infinity];
  for (let round = 0; round < 6; round++)
    for (const [i, gemm] of [slow, fast].entries()) {
      const start = clock();
      trial(gemm, ...timedShape);
      best[i] = Math.min(best[i]!, clock() - start);
    }
  return best[0]! < leastGain * best[1]! ? 'they are not faster on this processor' : wide;
}

function compile(dtype: Dtype, relaxed: boolean, bits: VectorBits, flags: readonly string[]): WasmProgram {
  const layout = wasmLayout(dtype, bits);
  const source = emitModule({ dtype, relaxed, bits, pages: layout.pages });
  const { Module } = (globalThis as HasWebAssembly).WebAssembly!;
  const off = ['liftoff', 'wasm-lazy-compilation'];
  for (const flag of off) setFlagsFromString(`--no-${flag}`);
  for (const flag of flags) setFlagsFromString(`--${flag}`);
  try {
    return { module: new Module(source), layout, bits };
  } finally {
    for (const flag of flags) setFlagsFromString(`--no-${flag}`);
    for (const flag of off) setFlagsFromString(`--${flag}`);
  }
}

/** What a wide module must gain to be preferred, so that no noise of the clock chooses it. */
const leastGain = 1.15;

/** m, n, k: every loop of the module entered never, once and repeatedly; edges in each direction; more than one block of k. */
const trialShapes = [
  [1, 1, 1],
  [5, 15, 7],
  [6, 16, 8],
  [53, 37, 17],
  [50, 33, 261],
  [12, 32, 520],
] as const;

const timedShape = [60, 64, 256] as const;

/**
 * Products of any size up to the largest of `trialShapes`, returned as bytes. Their numbers have many sizes and both signs,
 * and zeros, infinities, NaN and subnormals are among them.
 */
function trialOf(dtype: Dtype) {
  const Reals = dtype === 'float64' ? Float64Array : Float32Array;
  const odd = [0, -0, Infinity, NaN, dtype === 'float64' ? 5e-324 : 1e-45];
  const numbers = new Reals(17_000);
  for (let i = 0; i < numbers.length; i++)
    numbers[i] = i % 1009 === 1008 ? odd[((i / 1009) | 0) % odd.length]! : Math.imul(i, 0x9e3779b1) / (1 << (i % 23));
  const view = { alpha: 1, beta: 0, a: numbers, aOffset: 0, transA: false, b: numbers, bOffset: 100, transB: false };
  return (gemm: (job: Gemm) => void, m: number, n: number, k: number): Uint8Array => {
    const c = new Reals(m * n);
    gemm({ ...view, m, n, k, lda: k, ldb: n, c, cOffset: 0, ldc: n });
    return new Uint8Array(c.buffer);
  };
}
