import { artifactFromBytes } from '../../src/bundles/artifact.ts';
import type { FleetSpec } from '../../src/fleet-spec.ts';

/** A small fleet's specification. */
export function fleetSpec(part: Partial<FleetSpec> = {}): FleetSpec {
  return {
    cluster: 'default',
    workers: 2,
    masterType: 't3.large',
    workerType: 't2.micro',
    artifacts: {
      worker: [
        artifactFromBytes(Buffer.from('worker'), 'worker.mjs'),
        artifactFromBytes(Buffer.from('native'), 'koffi.node'),
      ],
      master: [artifactFromBytes(Buffer.from('master'), 'master.mjs')],
    },
    worker: { kernel: 'auto' },
    ...part,
  };
}
