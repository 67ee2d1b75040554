import { findPython } from './python.ts';

/** A library that reads and writes CSV text. */
export interface CsvPeer {
  readonly name: string;
  readonly path: string;
  /** How many times as fast the issue that this answers wants Tessera to be. */
  readonly wanted: number;
  /** Seconds to read a text and to write it again. Start-up and imports don't count. */
  readWrite(source: string, target: string): number;
  /** Seconds to read two texts, add them and write the sum; and with them those that start-up and imports took. */
  add(a: string, b: string, target: string): { readonly seconds: number; readonly startUp: number };
}

const libraries = {
  pandas: {
    wanted: 10,
    read: (file: string) => `pandas.read_csv(${file}, header=None)`,
    write: (file: string, what: string) => `(${what}).to_csv(${file}, header=False, index=False)`,
  },
  numpy: {
    wanted: 5,
    read: (file: string) => `numpy.loadtxt(${file}, delimiter=',')`,
    write: (file: string, what: string) => `numpy.savetxt(${file}, ${what}, delimiter=',')`,
  },
} as const;

/** pandas, or numpy's loadtxt and savetxt where that is missing; or why there is neither. */
export function csvPeer(asked?: string): CsvPeer | string {
  const names = ['pandas', 'numpy'] as const;
  for (const name of names) {
    const python = findPython([name], asked);
    if (typeof python === 'string') continue;
    const { wanted, read, write } = libraries[name];
    const timed = (work: string, files: readonly string[]) => {
      const script = `import sys, time\nfrom sys import argv\nimport ${name}\nstart = time.perf_counter()\n${work}\nprint(time.perf_counter() - start)`;
      const startedAt = performance.now();
      const seconds = Number(python.run(script, files));
      return { seconds, startUp: (performance.now() - startedAt) / 1000 - seconds };
    };
    return {
      name: python.versions,
      path: python.path,
      wanted,
      readWrite: (...files) => timed(write('argv[2]', read('argv[1]')), files).seconds,
      add: (...files) => timed(write('argv[3]', `${read('argv[1]')} + ${read('argv[2]')}`), files),
    };
  }
  return `no Python with pandas or numpy${asked === undefined ? '' : ` at ${asked}`}`;
}
