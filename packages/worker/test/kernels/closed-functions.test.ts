import { createContext, runInContext } from 'node:vm';
import { describe, expect, it } from 'vitest';
import { closedSource } from '../../src/kernels/compile.ts';
import { packedGemm } from '../../src/kernels/packed-gemm.ts';
import { compileNarrow } from '../../src/kernels/wasm-compile.ts';
import { wasmGemm } from '../../src/kernels/wasm-gemm.ts';

const job = {
  m: 5,
  n: 6,
  k: 7,
  alpha: 1,
  beta: 0,
  transA: false,
  transB: false,
  aOffset: 0,
  lda: 7,
  bOffset: 0,
  ldb: 6,
  cOffset: 0,
  ldc: 6,
};

/** An empty context knows the language's own globals and nothing of this module. */
function expectProduct(compute: string, extra: object): void {
  const context = createContext({ job, ...extra });
  const text = `
    const whole = { ...job, a: new Float64Array(35).fill(2), b: new Float64Array(42).fill(3), c: new Float64Array(30) };
    (${compute})(whole);
    [...whole.c];`;
  expect(runInContext(text, context)).toEqual(Array.from({ length: 30 }, () => 42));
}

describe('functions that are compiled again from their text', () => {
  it('name nothing outside themselves: the packed loops', () => {
    expectProduct(`(() => { ${closedSource(packedGemm, 'float64')} })()`, {});
  });

  it('name nothing outside themselves: the driver of the wasm module', () => {
    const { module, layout } = compileNarrow('float64', false);
    expectProduct(`(${wasmGemm.toString()})(module, layout)`, { module, layout });
  });
});
