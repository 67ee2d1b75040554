import type { JobSpec } from '@tessera/protocol';
import type { FleetModel } from './cost-model.ts';

/** Rates assumed of a worker until measured ones are given: OpenBLAS on one slow core, and a busy disk or bucket. */
const ASSUMED = { flopsPerSecond: 15e9, bytesPerSecond: 0.5e9, secondsPerPackage: 0.005 };

/** The fleet that a job names, with measured rates where it has them. */
export function fleetModel({ fleet, dtype }: Pick<JobSpec, 'fleet' | 'dtype'>): FleetModel {
  const { workers, memoryBytes, cores, rates } = fleet;
  return {
    workers,
    memoryBytes,
    flopsPerSecond: rates?.flopsPerSecond ?? ASSUMED.flopsPerSecond * cores * (dtype === 'float32' ? 2 : 1),
    bytesPerSecond: rates?.bytesPerSecond ?? ASSUMED.bytesPerSecond,
    secondsPerPackage: rates?.secondsPerPackage ?? ASSUMED.secondsPerPackage,
  };
}
