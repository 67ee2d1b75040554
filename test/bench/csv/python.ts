import { spawnSync } from 'node:child_process';

/** Seconds that each round of a library took to read a CSV file into an array and to write it to another one. */
export interface PythonRounds {
  readonly library: string;
  readonly seconds: readonly number[];
}

const script = `
import json, sys, time
source, target, rounds = sys.argv[1], sys.argv[2], int(sys.argv[3])
try:
    import pandas
    library = 'pandas ' + pandas.__version__
    def run(): pandas.read_csv(source, header=None).to_csv(target, header=False, index=False)
except ImportError:
    import numpy
    library = 'numpy ' + numpy.__version__
    def run(): numpy.savetxt(target, numpy.loadtxt(source, delimiter=','), delimiter=',')
seconds = []
for _ in range(rounds):
    start = time.perf_counter()
    run()
    seconds.append(time.perf_counter() - start)
print(json.dumps({'library': library, 'seconds': seconds}))
`;

/** By pandas, or by numpy's loadtxt and savetxt where that is missing; undefined without either. Start-up doesn't count. */
export function pythonReadWrite(source: string, target: string, rounds: number): PythonRounds | undefined {
  const { status, stdout } = spawnSync('python3', ['-c', script, source, target, String(rounds)], { encoding: 'utf8' });
  return status === 0 ? (JSON.parse(stdout) as PythonRounds) : undefined;
}
