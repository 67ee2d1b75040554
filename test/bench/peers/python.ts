import { spawnSync } from 'node:child_process';

/** A Python that has all modules that were asked for. */
export interface Python {
  readonly path: string;
  /** "Python 3.11.2, pandas 1.5.3": to be printed beside what it took. */
  readonly versions: string;
  readonly env: NodeJS.ProcessEnv;
  /** Runs a script; what it printed. @throws Error when it fails */
  run(script: string, args?: readonly string[]): string;
}

/** Interpreters to look at: what `--python` said, or the shell's, then the system's. */
const CANDIDATES = ['python3', '/usr/bin/python3'];

/** Peers choose their own kernels: what was set for another BLAS would slow theirs. */
const { OPENBLAS_CORETYPE: _core, OPENBLAS_L2_SIZE: _cache, ...env } = process.env;

/** The first Python that can import all modules, or why there is none. */
export function findPython(modules: readonly string[], asked?: string): Python | string {
  const candidates = asked === undefined ? CANDIDATES : [asked];
  for (const path of candidates) {
    const script =
      `import platform, ${modules.join(', ')}\n` +
      `print(', '.join(['Python ' + platform.python_version()] + [m.__name__ + ' ' + m.__version__ for m in (${modules.join(', ')},)]))`;
    const { status, stdout } = spawnSync(path, ['-c', script], { encoding: 'utf8', env });
    if (status === 0)
      return { path, versions: stdout.trim(), env, run: (text, args = []) => runPython(path, text, args) };
  }
  return `no Python with ${modules.join(', ')} (looked at ${candidates.join(', ')}; --python names another)`;
}

function runPython(path: string, script: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(path, ['-c', script, ...args], { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${path} ended with ${status}: ${stderr.slice(-2000)}`);
  return stdout;
}
