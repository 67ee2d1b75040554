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
import { taken } from '../input/shapes.ts';
import type { FleetSize } from './fleet-size.ts';
import { entriesOf, mapOperands, OPERAND_NAMES, type JobRequest, type OperandName } from './request.ts';

/** The job as its master reads it. */
export function makeSpec(
  request: JobRequest,
  places: Places,
  fleet: FleetSize,
  names: { readonly jobId: JobId; readonly cluster: ClusterName },
): JobSpec {
  const { operands, options } = request;
  const { A, B, C0 } = mapOperands(operands, (operand, name) => operandSpec(request, operand, name, places));
  const { alpha, beta } = options;
  return {
    v: PROTOCOL_VERSION,
    bundle: BUNDLE_VERSION,
    jobId: names.jobId,
    cluster: names.cluster,
    op: request.op,
    // An operation of one operand is given it again.
    operands: { A, B: B ?? A, ...(C0 === undefined ? {} : { C0 }) },
    ...(alpha === undefined ? {} : { alpha }),
    ...(beta === undefined ? {} : { beta }),
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
  const made = entriesOf(operands).filter(([, { kind }]) => home && kind === 'random');
  return [...made.map(([name]) => name), 'C'];
}

function operandSpec(request: JobRequest, operand: Operand, name: OperandName, places: Places): OperandSpec {
  const { integers, transposeA, transposeB } = request.options;
  const flipped = name === 'A' ? transposeA : name === 'B' && transposeB;
  const shape = taken(operand.shape, flipped);
  const transposed = flipped ? { transposed: true } : {};
  switch (operand.kind) {
    case 'random': {
      const distribution =
        integers === undefined ? ({ kind: 'uniform' } as const) : { kind: 'integers' as const, ...integers };
      const recipe = { seed: request.seed!, operand: OPERAND_NAMES.indexOf(name), distribution };
      return { kind: 'random', shape, ...transposed, recipe, url: places.random[name] };
    }
    case 'array': {
      const { dtype, url, chunk } = operand;
      return { kind: 'array', shape, ...transposed, dtype, url, ...(chunk === undefined ? {} : { chunk }) };
    }
    case 'csv':
      return { kind: 'csv', shape, ...transposed, csv: operand.csv };
  }
}
