import { BUNDLE_VERSION, PROTOCOL_VERSION, type JobSpec, type Shape } from '@tessera/protocol';

export const MIB = 1024 * 1024;

/** A job of random operands; what is not given is filled in. */
export function jobOf(op: JobSpec['op'], shapeA: Shape, shapeB: Shape, rest: Partial<JobSpec> = {}): JobSpec {
  const recipe = (operand: number) => ({ seed: '1', operand, distribution: { kind: 'uniform' as const } });
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: 'test-1',
    cluster: 'default',
    op,
    operands: {
      A: { kind: 'random', shape: shapeA, recipe: recipe(0), url: 'file:///w/A.zarr' },
      B: { kind: 'random', shape: shapeB, recipe: recipe(1), url: 'file:///w/B.zarr' },
    },
    dtype: 'float64',
    kernel: 'auto',
    fleet: { workers: 2, memoryBytes: 1024 * MIB, cores: 1 },
    workspace: 'file:///w',
    output: { url: 'file:///w/C.zarr' },
    exports: [],
    verify: { rounds: 2 },
    ...rest,
  };
}
