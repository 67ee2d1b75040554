import { bytesPerElement, INLINE_TILE_BYTES, operations, type ArrayDeclaration, type JobSpec } from '@tessera/protocol';
import { masterOperations, type OperationInput } from '../operations/index.ts';
import type { FleetModel } from './cost-model.ts';
import { exportPhase, generatePhase, ingestPhase, joined, operandArray } from './operand-phases.ts';
import type { OperationPlan, PhasePlan, Plan } from './plan.ts';

/** Rates assumed of a worker until measured ones are known: OpenBLAS on one slow core, and a busy disk or bucket. */
const ASSUMED = { flopsPerSecond: 15e9, bytesPerSecond: 0.5e9, secondsPerPackage: 0.005 };

/**
 * Decides a whole job from its specification: no clock, no chance, no I/O.
 * @throws ShapeMismatchError when the operands do not fit the operation, PlanDoesNotFitError when no block fits a worker.
 */
export function planJob(job: JobSpec): Plan {
  const input = operationInput(job);
  const chosen = masterOperations[job.op].plan(input);
  const arrays = declareArrays(job, chosen, input);
  const { A, B } = job.operands;
  const generate: PhasePlan[] = [];
  const ingest: PhasePlan[] = [];
  for (const [name, operand] of [
    ['A', A],
    ['B', B],
  ] as const) {
    if (operand.kind === 'random') generate.push(generatePhase(name, arrays[name]!, operand.recipe));
    if (operand.kind === 'csv') ingest.push(ingestPhase(name, arrays[name]!, operand.csv));
  }
  const exported = job.exports.map((name) => exportPhase(name, arrays[name]!));
  return {
    arrays,
    created: Object.keys(arrays).filter(
      (name) => !(name === 'A' && A.kind === 'array') && !(name === 'B' && B.kind === 'array'),
    ),
    texts: {
      ...(A.kind === 'csv' ? { A: A.csv } : {}),
      ...(B.kind === 'csv' ? { B: B.csv } : {}),
    },
    phases: [...joined(generate), ...joined(ingest), ...chosen.phases, ...joined(exported)],
    inline: ['A', 'B', 'C'].every((name) => tileBytes(arrays[name]!) <= INLINE_TILE_BYTES),
    figures: chosen.figures,
    summary: chosen.summary,
  };
}

/** What the operation's planner is given of a job. */
export function operationInput(job: JobSpec): OperationInput {
  const { A, B } = job.operands;
  const stored = (operand: typeof A) => (operand.kind === 'array' ? operand.chunk : undefined);
  return {
    shapes: { A: A.shape, B: B.shape, C: operations[job.op].resultShape(A.shape, B.shape) },
    stored: { A: stored(A), B: stored(B) },
    dtype: job.dtype,
    fleet: fleetModel(job),
    verify: { rounds: job.verify.rounds, seed: checkSeed(job.jobId) },
  };
}

function fleetModel({ fleet }: JobSpec): FleetModel {
  return {
    ...ASSUMED,
    flopsPerSecond: ASSUMED.flopsPerSecond * fleet.cores,
    workers: fleet.workers,
    memoryBytes: fleet.memoryBytes,
  };
}

function declareArrays(job: JobSpec, chosen: OperationPlan, input: OperationInput): Record<string, ArrayDeclaration> {
  const arrays: Record<string, ArrayDeclaration> = {
    A: operandArray('A', job.operands.A, job, chosen.chunks.A),
    B: operandArray('B', job.operands.B, job, chosen.chunks.B),
    C: { url: job.output.url, shape: input.shapes.C, dtype: job.dtype, chunk: chosen.chunks.C },
  };
  for (const [name, array] of Object.entries(chosen.extra))
    arrays[name] = { ...array, url: `${job.workspace}/${name}.zarr` };
  return arrays;
}

function tileBytes({ shape, dtype }: ArrayDeclaration): number {
  return shape[0] * shape[1] * bytesPerElement(dtype);
}

/** The check's vectors follow from the job's id (FNV-1a, 64 bit), so that a master started again asks the same question. */
function checkSeed(jobId: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const letter of jobId) hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0)!)) * 0x100000001b3n);
  return hash.toString();
}
