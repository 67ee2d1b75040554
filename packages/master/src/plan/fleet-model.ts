import type { JobSpec } from '@tessera/protocol';
import { deviceBytes, type FleetModel } from './cost-model.ts';

/** Rates assumed of a worker until measured ones are given: OpenBLAS on one slow core, and a busy disk or bucket. */
const ASSUMED = { flopsPerSecond: 15e9, bytesPerSecond: 0.5e9, secondsPerPackage: 0.005 };

/** The fleet that a job names, with measured rates where it has them, and without the memory that a GPU's kernel takes. */
export function fleetModel({ fleet, dtype, kernel }: Pick<JobSpec, 'fleet' | 'dtype' | 'kernel'>): FleetModel {
  const { workers, memoryBytes, cores, rates } = fleet;
  return {
    workers,
    memoryBytes: Math.max(1, memoryBytes - deviceBytes(kernel)),
    flopsPerSecond: rates?.flopsPerSecond ?? ASSUMED.flopsPerSecond * cores * (dtype === 'float32' ? 2 : 1),
    bytesPerSecond: rates?.bytesPerSecond ?? ASSUMED.bytesPerSecond,
    secondsPerPackage: rates?.secondsPerPackage ?? ASSUMED.secondsPerPackage,
  };
}
