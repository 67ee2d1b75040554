import type { Elements } from '../../src/kernels/kernel.ts';
import type { Koffi, KoffiFunction, KoffiLibrary } from '../../src/kernels/koffi.ts';

/** A library's functions by their symbols. */
export type Symbols = Readonly<Record<string, (...args: unknown[]) => unknown>>;

export type CblasArguments = [
  number,
  number,
  number,
  number,
  number,
  number,
  number,
  Elements,
  number,
  Elements,
  number,
  number,
  Elements,
  number,
];

/** cblas_?gemm as netlib defines it, for row-major arguments. */
export function gemm(...args: unknown[]): void {
  const [, transA, transB, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc] = args as CblasArguments;
  for (let i = 0; i < m; i++)
    for (let j = 0; j < n; j++) {
      let sum = 0;
      for (let p = 0; p < k; p++)
        sum += a[transA === 112 ? p * lda + i : i * lda + p]! * b[transB === 112 ? j * ldb + p : p * ldb + j]!;
      c[i * ldc + j] = alpha * sum + (beta === 0 ? 0 : beta * c[i * ldc + j]!);
    }
}

/** cblas_?axpy for strides of one. */
function axpy(...args: unknown[]): void {
  const [n, alpha, x, , y] = args as [number, number, Elements, number, Elements];
  for (let i = 0; i < n; i++) y[i] = alpha * x[i]! + y[i]!;
}

/** A BLAS that computes rightly. */
export const good: Symbols = { cblas_dgemm: gemm, cblas_sgemm: gemm, cblas_daxpy: axpy, cblas_saxpy: axpy };

const callable = (call: (...args: unknown[]) => unknown): KoffiFunction => Object.assign(call, { async: () => {} });

/** A koffi that knows the libraries given. One that is a function is made anew by each load, and told when it is unloaded. */
export function fakeKoffi(libraries: Readonly<Record<string, Symbols | (() => Symbols & { unload(): void })>>): Koffi {
  const load = (path: string | null): KoffiLibrary => {
    const library = libraries[path ?? ''];
    if (!library) throw new Error(`${path}: cannot open shared object file: No such file or directory`);
    const symbols: Symbols = typeof library === 'function' ? library() : library;
    return {
      func(prototype) {
        const name = /(\w+)\(/.exec(prototype)![1]!;
        const symbol = symbols[name];
        if (!symbol) throw new Error(`Cannot find function '${name}' in shared library`);
        return callable(symbol);
      },
      unload: () => void symbols['unload']?.(),
    };
  };
  return { version: '0', load, view: () => new ArrayBuffer(0) };
}
