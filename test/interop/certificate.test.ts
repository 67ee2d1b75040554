import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openDesk } from '../e2e/cli.ts';
import { missing } from './client-process.ts';

const reason = missing('python3', '-c', 'import numpy');
if (reason !== undefined) process.stderr.write(`the test with another witness is skipped: ${reason}\n`);

const witness = join(import.meta.dirname, 'certificate_witness.py');

it.skipIf(reason !== undefined).each(['float64', 'float32'])(
  'a witness that shares no code with us finds the same operands, hashes and residuals (%s)',
  async (dtype) => {
    await using desk = openDesk();
    const job = ['multiply', '70x45', '90x45', '--transpose-b', '--alpha', '-1.5', '--seed', '11', '--dtype', dtype];
    const { certificate } = await desk.json(...job, '--out', 'C.npy');
    const testimony = JSON.parse(
      execFileSync('python3', [witness, String(certificate), desk.path('C.npy')], { encoding: 'utf8' }),
    ) as { hashes: unknown; tolerance: number; vectorsAreNormal: boolean } & Record<string, number>;
    expect(testimony.hashes).toEqual({ A: true, B: true, C: true });
    expect(testimony.vectorsAreNormal).toBe(true);
    for (const residual of ['ownResidual', 'theirResidual', 'certifiedResidual']) {
      expect(testimony[residual]).toBeGreaterThan(0);
      expect(testimony[residual]).toBeLessThan(testimony.tolerance);
    }
    // In float32 all that is off is C's own rounding, which both see; in float64 each also sees that of its own sums.
    if (dtype === 'float32') {
      expect(testimony['theirResidual']).toBeGreaterThan(0.99 * testimony['certifiedResidual']!);
    }
  },
);
