import { describe, expect, it } from 'vitest';
import type { PhasePlan } from '../../src/index.ts';
import { stagesOf } from '../../src/run/stages.ts';

function phase(name: PhasePlan['phase'], beside?: boolean): PhasePlan {
  return {
    phase: name,
    packages: 1,
    at: () => {
      throw new Error('nobody asks for packages');
    },
    ...(beside === undefined ? {} : { beside }),
  };
}

describe('the stages of a job', () => {
  it('are one phase each, and those that run beside it', () => {
    const phases = [
      phase('generate'),
      phase('compute'),
      phase('project', true),
      phase('reduce', false),
      phase('project', true),
      phase('verify'),
    ];
    expect(stagesOf(phases).map((stage) => stage.map((each) => each.phase))).toEqual([
      ['generate'],
      ['compute', 'project'],
      ['reduce', 'project'],
      ['verify'],
    ]);
  });

  it('have a first phase, also where nothing is there to run beside', () => {
    expect(stagesOf([phase('project', true)])).toHaveLength(1);
    expect(stagesOf([])).toEqual([]);
  });
});
