import type { JobSpec } from '@tessera/protocol';
import { jobOf, MIB } from './job-of.ts';

/** A product, and the memory of each worker. */
export interface PlannedShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly dtype: JobSpec['dtype'];
  readonly mib: number;
}

/** What plans are judged by: squares, a prime, long and short k, tall and wide ones. */
export const SHAPES: readonly PlannedShape[] = [
  { m: 1000, k: 1000, n: 1000, dtype: 'float64', mib: 900 },
  { m: 4000, k: 4000, n: 4000, dtype: 'float64', mib: 900 },
  { m: 18_000, k: 18_000, n: 18_000, dtype: 'float32', mib: 900 },
  { m: 18_000, k: 18_000, n: 18_000, dtype: 'float64', mib: 900 },
  { m: 18_000, k: 18_000, n: 18_000, dtype: 'float64', mib: 4096 },
  { m: 100, k: 1_000_000, n: 100, dtype: 'float64', mib: 900 },
  { m: 30_000, k: 50, n: 30_000, dtype: 'float64', mib: 900 },
  { m: 7919, k: 7919, n: 7919, dtype: 'float64', mib: 900 },
  { m: 1_000_000, k: 1000, n: 100, dtype: 'float64', mib: 900 },
  { m: 100_000, k: 1000, n: 100_000, dtype: 'float64', mib: 2048 },
  { m: 65_536, k: 65_536, n: 65_536, dtype: 'float32', mib: 1024 },
  { m: 262_144, k: 262_144, n: 262_144, dtype: 'float64', mib: 4096 },
];

/** Workers. */
export const FLEETS: readonly number[] = [2, 8, 32, 128, 1024];

/** The job that multiplies random matrices of a shape on a fleet. */
export function shapedJob({ m, k, n, dtype, mib }: PlannedShape, workers: number): JobSpec {
  return jobOf('multiply', [m, k], [k, n], { fleet: { workers, memoryBytes: mib * MIB, cores: 1 }, dtype });
}
