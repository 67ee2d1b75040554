import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export interface Numpy {
  readonly version: string;
  /** Seconds of one C = A @ B of n×n matrices, into an existing C. */
  multiply(dtype: string, n: number): Promise<number>;
  /** Seconds of one np.add of n×n matrices, into an existing C or into A. */
  add(dtype: string, n: number, into: 'a' | 'c'): Promise<number>;
  close(): void;
}

const script = `
import json, sys, time
import numpy as np
print(json.dumps({'version': np.__version__}), flush=True)
kept = {}
for line in sys.stdin:
    op, dtype, n, *into = json.loads(line)
    if (dtype, n) not in kept:
        kept.clear()
        random = np.random.default_rng(1)
        kept[(dtype, n)] = [random.random((n, n)).astype(dtype) - 0.5 for _ in range(3)]
    a, b, c = kept[(dtype, n)]
    start = time.perf_counter()
    np.matmul(a, b, out=c) if op == 'multiply' else np.add(a, b, out=a if into == ['a'] else c)
    print(json.dumps(time.perf_counter() - start), flush=True)
`;

/** One Python process with numpy on one thread, asked between our own runs; undefined where there is none. */
export async function startNumpy(): Promise<Numpy | undefined> {
  // Set on some machines for old builds of OpenBLAS; numpy's own detects the processor better than they do.
  const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _l2, ...env } = process.env;
  const child = spawn('python3', ['-c', script], {
    env: { ...env, OPENBLAS_NUM_THREADS: '1', MKL_NUM_THREADS: '1', OMP_NUM_THREADS: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next();
    return done ? undefined : JSON.parse(value as string);
  };
  const first = await Promise.race([answer(), once(child, 'error').then(() => undefined)]);
  if (!first) return undefined;
  const ask = async (...question: unknown[]): Promise<number> => {
    child.stdin.write(`${JSON.stringify(question)}\n`);
    const seconds = await answer();
    if (typeof seconds !== 'number') throw new Error('numpy stopped in the middle of the benchmark');
    return seconds;
  };
  return {
    version: (first as { version: string }).version,
    multiply: (dtype, n) => ask('multiply', dtype, n),
    add: (dtype, n, into) => ask('add', dtype, n, into),
    close: () => child.stdin.end(),
  };
}
