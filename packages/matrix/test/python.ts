import { execFileSync } from 'node:child_process';

/** Why numpy can't be used here, or `undefined` when it can. */
export const numpyMissing: string | undefined = (() => {
  try {
    execFileSync('python3', ['-c', 'import numpy'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'python3 with numpy is not installed';
  }
})();

/** Runs a Python program in a folder and returns what it printed. */
export function python(program: string, cwd: string, ...args: string[]): string {
  return execFileSync('python3', ['-c', program, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
