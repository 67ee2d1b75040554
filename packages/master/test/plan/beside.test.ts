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

function marked(peakMib: number, ...phases: PhasePlan[]): string[] {
  return besideEachOther(phases, WORKER_BASE_BYTES + peakMib * MIB).map(({ phase: name, beside }) =>
    beside ? `+${name}` : name,
  );
}

describe('phases beside each other', () => {
  it('are all that count two packages of their own', () => {
    const phases = [phase('compute', two(40)), phase('verify', two(1)), phase('export', {})];
    expect(marked(80, ...phases)).toEqual(['compute', '+verify', '+export']);
    expect(marked(80)).toEqual([]);
  });

  it('are others only where one of each is no more than the plan allows, of all that may be under way', () => {
    const project = phase('project', { ...two(1), packageBytes: 30 * MIB });
    expect(marked(40, project, phase('reduce', two(10)), phase('verify', two(10)))).toEqual([
      'project',
      '+reduce',
      '+verify',
    ]);
    expect(marked(40, project, phase('reduce', two(10)), phase('verify', two(11)))).toEqual([
      'project',
      '+reduce',
      'verify',
    ]);
  });

  it('are those that blocks of a product leave room for', () => {
    const compute = phase('compute', { besideBytes: 20 * MIB });
    expect(marked(500, compute, phase('verify', two(20)))).toEqual(['compute', '+verify']);
    expect(marked(500, compute, phase('verify', two(21)), phase('export', two(1)))).toEqual([
      'compute',
      'verify',
      '+export',
    ]);
    expect(marked(500, compute, phase('project', { packageBytes: 21 * MIB, ...two(1) }))).toEqual([
      'compute',
      'project',
    ]);
  });

  it('have names that tell them apart', () => {
    const phases = (['compute', 'project', 'reduce', 'project', 'verify'] as const).map((name) => phase(name, two(1)));
    expect(marked(2, ...phases)).toEqual(['compute', '+project', '+reduce', 'project', '+verify']);
  });
});
