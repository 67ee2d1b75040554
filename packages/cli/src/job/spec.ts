import {
  BUNDLE_VERSION,
  PROTOCOL_VERSION,
  type ClusterName,
  type JobId,
  type JobSpec,
  type OperandSpec,
} from '@tessera/protocol';
import type { Operand } from '../input/operand.ts';
import type { Places } from '../input/places.ts';
import type { FleetSize } from './fleet-size.ts';
import type { JobRequest } from './request.ts';

/** The job as its master reads it. */
export function makeSpec(
  request: JobRequest,
  places: Places,
  fleet: FleetSize,
  names: { readonly jobId: JobId; readonly cluster: ClusterName },
): JobSpec {
  const { operands, options } = request;
  const A = operandSpec(request, 'A', places);
  const B = operandSpec(request, 'B', places);
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: names.jobId,
    cluster: names.cluster,
    op: request.op,
    operands: { A, B },
    dtype: request.dtype,
    kernel: options.kernel,
    fleet: { workers: fleet.workers, memoryBytes: fleet.memoryBytes, cores: fleet.threads },
    workspace: places.workspace,
    output: { url: places.c },
    exports: places.asCsv ? exportNames(operands, places) : [],
    verify: { rounds: options.verifyRounds },
  };
}

/**
 * What is written as CSV: what the job makes. Operands that came as files are what they are; those that stay in a bucket
 * stay arrays.
 */
export function exportNames(operands: JobRequest['operands'], places: Places): string[] {
  const home = places.folder !== undefined;
  return [...(['A', 'B'] as const).filter((name) => home && operands[name].kind === 'random'), 'C'];
}

function operandSpec(request: JobRequest, name: 'A' | 'B', places: Places): OperandSpec {
  const operand: Operand = request.operands[name];
  switch (operand.kind) {
    case 'random': {
      const { integers } = request.options;
      const distribution =
        integers === undefined ? ({ kind: 'uniform' } as const) : { kind: 'integers' as const, ...integers };
      const recipe = { seed: request.seed!, operand: name === 'A' ? 0 : 1, distribution };
      return { kind: 'random', shape: operand.shape, recipe, url: places.random[name] };
    }
    case 'array':
      return { kind: 'array', shape: operand.shape, dtype: operand.dtype, url: operand.url };
    case 'csv':
      return { kind: 'csv', shape: operand.shape, csv: operand.csv };
  }
}
