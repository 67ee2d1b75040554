import { describe, expect, it } from 'vitest';
import { WORKER_BASE_BYTES, type PhasePlan } from '../../src/index.ts';
import { besideEachOther } from '../../src/plan/beside.ts';
import type { PhaseCost } from '../../src/plan/plan.ts';
import { MIB } from './job-of.ts';

type Memory = Pick<PhaseCost, 'workerBytes' | 'packageBytes' | 'besideBytes'>;

function phase(name: PhasePlan['phase'], memory: Memory): PhasePlan {
  return {
    phase: name,
    packages: 1,
    at: () => {
      throw new Error('nobody asks for packages');
    },
    cost: { bytesRead: 0, bytesWritten: 0, seconds: 1, ...memory },
  };
}

/** Two packages of so many MiB. */
const two = (mib: number) => ({ workerBytes: WORKER_BASE_BYTES + 2 * mib * MIB });

function marked(...phases: PhasePlan[]): string[] {
  return besideEachOther(phases).map(({ phase: name, beside }) => (beside ? `+${name}` : name));
}

describe('phases beside each other', () => {
  it('are all that count two packages of their own', () => {
    const phases = [phase('ingest', two(10)), phase('compute', two(40)), phase('verify', two(1)), phase('export', {})];
    expect(marked(...phases)).toEqual(['ingest', '+compute', '+verify', '+export']);
    expect(marked()).toEqual([]);
  });

  it('are those for which a phase leaves room, which came before it or come after it', () => {
    const compute = phase('compute', { packageBytes: 0, besideBytes: 20 * MIB });
    expect(marked(phase('generate', two(20)), compute, phase('verify', two(20)))).toEqual([
      'generate',
      '+compute',
      '+verify',
    ]);
    expect(marked(phase('generate', two(21)), compute, phase('verify', two(21)), phase('export', two(1)))).toEqual([
      'generate',
      'compute',
      'verify',
      '+export',
    ]);
    expect(marked(compute, phase('project', { packageBytes: 21 * MIB, ...two(1) }))).toEqual(['compute', 'project']);
  });

  it('have names that tell them apart', () => {
    const phases = (['compute', 'project', 'reduce', 'project', 'verify'] as const).map((name) => phase(name, two(1)));
    expect(marked(...phases)).toEqual(['compute', '+project', '+reduce', 'project', '+verify']);
  });
});
