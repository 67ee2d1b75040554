import type { Dtype, Gemm } from './kernel.ts';

/**
 * Compiles a closed maker function again from its own text, once per element type.
 *
 * V8 keeps one type feedback per function text: a loop that has met Float64Array and Float32Array checks for both at
 * every access from then on. A second compilation under another first line has its own. The same text starts the
 * compute threads (`compute-thread.ts`), so nothing but globals may be named inside a closed function; a test runs them
 * in an empty context and from an esbuild bundle (which must not use `keepNames`: it would name a helper).
 */
export function compileClosed<Made>(make: () => Made, dtype: Dtype): Made {
  // oxlint-disable-next-line typescript/no-implied-eval -- the text is this program's own
  return (new Function(closedSource(make, dtype)) as () => Made)();
}

/** The body of a function that returns what `make` makes: what a compute thread is started with. */
export const closedSource = (make: () => unknown, dtype: Dtype): string =>
  `"use strict"; // ${dtype}\nreturn (${make.toString()})();`;

/** The product for a dtype on the calling thread, compiled when first asked for. */
export function perDtype(make: () => (job: Gemm) => void): (dtype: Dtype) => (job: Gemm) => void {
  const compiled = new Map<Dtype, (job: Gemm) => void>();
  return (dtype) => {
    const known = compiled.get(dtype);
    if (known) return known;
    const gemm = compileClosed(make, dtype);
    compiled.set(dtype, gemm);
    return gemm;
  };
}
