import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../kernels/statistics.ts';

const program = join(import.meta.dirname, '../../../packages/cli/dist/cli.mjs');

/** What verification costs a whole command, in seconds; medians of rounds in which all ways took turns. */
export interface Cost {
  readonly name: string;
  /** The whole command, with verification and without. */
  readonly total: number;
  readonly unverified: number;
  /** What the master counts as verification. */
  readonly verify: number;
  readonly compute: number;
  /** verify / total, and the two commands' difference / total, each of one round. */
  readonly share: number;
  readonly difference: number;
}

interface Run {
  readonly seconds: Readonly<Record<'total' | 'verify' | 'compute', number>>;
}

/** Runs the real program on `n` x `n` random matrices, stored as Zarr and as .npy, verified and not. */
export function verificationCost(n: number, rounds: number): Cost[] {
  const folder = mkdtempSync(join(tmpdir(), 'tessera-bench-'));
  const env = { ...process.env, INIT_CWD: folder, TESSERA_HOME: join(folder, 'state') };
  const run = (...options: string[]): Run => {
    const args = [program, 'multiply', `${n}x${n}`, `${n}x${n}`, '--seed', '1', '--json', ...options];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, env, encoding: 'utf8' });
    if (status !== 0) throw new Error(`multiply ended with ${status}: ${stderr}`);
    rmSync(join(folder, 'tessera-jobs'), { recursive: true, force: true });
    return JSON.parse(stdout) as Run;
  };
  try {
    return [
      { name: 'Zarr', options: [] },
      { name: '.npy', options: ['--out', 'C.npy'] },
    ].map(({ name, options }) => {
      const pairs = Array.from({ length: rounds }, () => ({
        on: run(...options).seconds,
        off: run(...options, '--verify', 'off').seconds,
      }));
      const of = (pick: (pair: (typeof pairs)[number]) => number) => median(pairs.map(pick));
      return {
        name,
        total: of(({ on }) => on.total),
        unverified: of(({ off }) => off.total),
        verify: of(({ on }) => on.verify),
        compute: of(({ on }) => on.compute),
        share: of(({ on }) => on.verify / on.total),
        difference: of(({ on, off }) => (on.total - off.total) / on.total),
      };
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
