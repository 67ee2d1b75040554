import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { dtypeOf, isUnavailable, openKernel } from '../../src/kernels/index.ts';
import type { Dtype, Elements, Gemm } from '../../src/kernels/index.ts';
import { arrayOf, seededRandom } from './reference.ts';
import { gemmTolerance } from './tolerance.ts';

/** Reads A and B in a dtype from standard input, writes A·B and |A|·|B| in float64 as numpy computes them. */
const script = `
import sys
import numpy as np
dtype, m, n, k = sys.argv[1], *map(int, sys.argv[2:])
given = np.frombuffer(sys.stdin.buffer.read(), dtype)
a, b = given[:m * k].reshape(m, k).astype('f8'), given[m * k:].reshape(k, n).astype('f8')
sys.stdout.buffer.write((a @ b).tobytes() + (abs(a) @ abs(b)).tobytes())
`;

const bytesOf = (elements: Elements) => new Uint8Array(elements.buffer, elements.byteOffset, elements.byteLength);

function numpyProduct({ m, n, k, a, b }: Gemm): Float64Array {
  const args = ['-c', script, dtypeOf(a), String(m), String(n), String(k)];
  const { stdout, status, stderr } = spawnSync('python3', args, {
    input: Buffer.concat([bytesOf(a), bytesOf(b)]),
    maxBuffer: 2 ** 28,
  });
  if (status !== 0) throw new Error(stderr.toString());
  return new Float64Array(stdout.buffer.slice(stdout.byteOffset, stdout.byteOffset + stdout.byteLength));
}

const hasNumpy = spawnSync('python3', ['-c', 'import numpy']).status === 0;
if (!hasNumpy) process.stderr.write('skipped the comparison with numpy: python3 with numpy is not installed\n');

describe.skipIf(!hasNumpy)('products', () => {
  const [m, n, k] = [257, 301, 523];
  const job = (dtype: Dtype): Gemm => {
    const random = seededRandom(11);
    const filled = (length: number) => arrayOf(dtype, length, true).map(random);
    return {
      m,
      n,
      k,
      alpha: 1,
      beta: 0,
      transA: false,
      transB: false,
      a: filled(m * k),
      aOffset: 0,
      lda: k,
      b: filled(k * n),
      bOffset: 0,
      ldb: n,
      c: arrayOf(dtype, m * n, true).fill(NaN),
      cOffset: 0,
      ldc: n,
    };
  };

  it.each(['float64', 'float32'] as const)('agree with numpy in %s', async (dtype) => {
    const expected = numpyProduct(job(dtype));
    for (const name of ['loops', 'wasm', 'blas'] as const) {
      const kernel = await openKernel(name, { threads: 1, log: () => {} });
      if (isUnavailable(kernel)) continue;
      const own = job(dtype);
      await kernel.gemm(own);
      await kernel.close();
      for (let at = 0; at < m * n; at++) {
        const error = Math.abs(own.c[at]! - expected[at]!);
        // numpy's product in float64 has an error of its own, within the same bound for float64.
        const bound =
          gemmTolerance(dtype, k, expected[m * n + at]!) + gemmTolerance('float64', k, expected[m * n + at]!);
        if (!(error <= bound)) expect.fail(`${name}: element ${at} is ${own.c[at]}, numpy has ${expected[at]}`);
      }
    }
  });
});
