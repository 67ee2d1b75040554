import {
  bytesPerElement,
  INLINE_TILE_BYTES,
  jobShapes,
  operations,
  type ArrayDeclaration,
  type JobSpec,
  type OperandSpec,
} from '@tessera/protocol';
import { masterOperations, type OperationInput } from '../operations/index.ts';
import { deviceBytes } from './cost-model.ts';
import { PlanDoesNotFitError } from './errors.ts';
import { fleetModel } from './fleet-model.ts';
import {
  exportPhase,
  generatePhase,
  ingestPhase,
  joined,
  LEAST_WORK,
  operandArray,
  type LeastWork,
} from './operand-phases.ts';
import type { OperationPlan, PhasePlan, Plan, PlanFigures } from './plan.ts';

/** How finely a job is cut. A simulation cuts finer than is worth anybody's while. */
export interface Cutting {
  /** The operation's own phases. */
  plan(input: OperationInput): OperationPlan;
  readonly least: LeastWork;
}

/**
 * Decides a whole job from its specification: no clock, no chance, no I/O.
 * @throws ShapeMismatchError or OperandRefusedError when the operands do not fit the operation, PlanDoesNotFitError when no
 *   block fits a worker.
 */
export function planJob(
  job: JobSpec,
  cutting: Cutting = { plan: masterOperations[job.op].plan, least: LEAST_WORK },
): Plan {
  const reserved = deviceBytes(job.kernel);
  try {
    const plan = planTiles(job, cutting);
    const { peakWorkerBytes } = plan.figures;
    return { ...plan, figures: { ...plan.figures, peakWorkerBytes: peakWorkerBytes + reserved } };
  } catch (error) {
    if (!(error instanceof PlanDoesNotFitError)) throw error;
    throw new PlanDoesNotFitError(error.what, error.neededBytes + reserved, job.fleet.memoryBytes);
  }
}

/** Plans with the memory that is left for tiles. */
function planTiles(job: JobSpec, { plan, least }: Cutting): Plan {
  const input = operationInput(job);
  const chosen = plan(input);
  const operands = operandsOf(job);
  const arrays = declareArrays(job, operands, chosen, input);
  const generate: PhasePlan[] = [];
  const ingest: PhasePlan[] = [];
  for (const [name, operand] of operands) {
    if (operand.kind === 'random')
      generate.push(generatePhase(name, arrays[name]!, operand.recipe, input.fleet, least));
    if (operand.kind === 'csv') ingest.push(ingestPhase(name, arrays[name]!, operand.csv, input.fleet, least));
  }
  const exported = job.exports.map((name) => exportPhase(name, arrays[name]!, job.workspace, input.fleet, least));
  const phases = [...joined(generate), ...joined(ingest), ...chosen.phases, ...joined(exported)];
  const made = new Set([...operands.flatMap(([name, { kind }]) => (kind === 'array' ? [] : [name as string])), 'C']);
  for (const name of Object.keys(chosen.extra)) made.add(name);
  return {
    arrays,
    created: Object.keys(arrays).filter((name) => made.has(name)),
    texts: Object.fromEntries(
      operands.flatMap(([name, operand]) => (operand.kind === 'csv' ? [[name, operand.csv]] : [])),
    ),
    phases,
    inline: ['A', 'B', 'C'].every((name) => tileBytes(arrays[name]) <= INLINE_TILE_BYTES),
    figures: wholeFigures(chosen.figures, phases),
    summary: chosen.summary,
  };
}

/** What the operation's planner is given of a job. @throws what `jobShapes` throws */
export function operationInput(job: JobSpec): OperationInput {
  const { operands } = job;
  const { A, B, C0 } = operands;
  const stored = (operand: OperandSpec) => {
    if (operand.kind !== 'array' || !operand.chunk) return undefined;
    return operand.transposed ? ([operand.chunk[1], operand.chunk[0]] as const) : operand.chunk;
  };
  return {
    shapes: jobShapes(job),
    transposed: { A: A.transposed ?? false, B: B.transposed ?? false },
    stored: { A: stored(A), B: stored(B) },
    rowByRow: job.output.url.endsWith('.npy') || operandsOf(job).some(([, operand]) => isRowByRow(operand)),
    mappable: operations[job.op].operands.every((name) => isMappable(operands[name])),
    alpha: job.alpha ?? 1,
    beta: C0 ? (job.beta ?? 1) : 0,
    dtype: job.dtype,
    fleet: fleetModel(job),
    verify: { rounds: job.verify.rounds, seed: checkSeed(job.jobId) },
  };
}

/** The operands that the job reads, by name. */
function operandsOf({ op, operands, beta }: JobSpec): ['A' | 'B' | 'C0', OperandSpec][] {
  const { C0 } = operands;
  return [
    ...operations[op].operands.map((name): ['A' | 'B', OperandSpec] => [name, operands[name]]),
    ...(C0 && beta !== 0 ? [['C0', C0] as ['C0', OperandSpec]] : []),
  ];
}

function isRowByRow(operand: OperandSpec): boolean {
  return operand.kind === 'csv' || operand.url.endsWith('.npy');
}

function isMappable(operand: OperandSpec): boolean {
  return operand.kind === 'array' && operand.url.startsWith('file:') && operand.url.endsWith('.npy');
}

function declareArrays(
  job: JobSpec,
  operands: readonly (readonly ['A' | 'B' | 'C0', OperandSpec])[],
  chosen: OperationPlan,
  input: OperationInput,
): Record<string, ArrayDeclaration> {
  const chunks = { ...chosen.chunks, C0: chosen.chunks.C };
  const arrays: Record<string, ArrayDeclaration> = {};
  for (const [name, operand] of operands) arrays[name] = operandArray(name, operand, job, chunks[name]);
  // For an operation of one operand B is A again.
  arrays['B'] ??= arrays['A']!;
  arrays['C'] = { url: job.output.url, shape: input.shapes.C, dtype: job.dtype, chunk: chosen.chunks.C };
  for (const [name, array] of Object.entries(arrays)) {
    const transposed = name in job.operands && job.operands[name as 'A']?.transposed === true;
    // A check in ranges of k reads A's rows in parts.
    const isCut = name === 'A' && job.op !== 'gram' && 'Z' in chosen.extra;
    if (!isCut && isReadByRows(job, array, transposed))
      arrays[name] = { ...array, hashChunk: [array.chunk[0], array.shape[1]] };
  }
  for (const [name, array] of Object.entries(chosen.extra))
    arrays[name] = { ...array, url: `${job.workspace}/${name}.zarr` };
  return arrays;
}

/**
 * Whether checks read whole rows of an array, so that its hash is best taken of these: all matrices of a product that are
 * stored row by row, but for one that is only used transposed.
 */
function isReadByRows({ op }: JobSpec, { url }: ArrayDeclaration, transposed: boolean): boolean {
  return url.endsWith('.npy') && operations[op].transposes && (op === 'gram' || !transposed);
}

function wholeFigures(figures: OperationPlan['figures'], phases: readonly PhasePlan[]): PlanFigures {
  const sum = (of: (phase: PhasePlan) => number | undefined) =>
    phases.reduce((total, phase) => total + (of(phase) ?? 0), 0);
  return {
    ...figures,
    peakWorkerBytes: Math.max(figures.peakWorkerBytes, ...phases.map(({ cost }) => cost?.workerBytes ?? 0)),
    packages: sum(({ packages }) => packages),
    bytesRead: sum(({ cost }) => cost?.bytesRead),
    bytesWritten: sum(({ cost }) => cost?.bytesWritten),
    seconds: sum(({ cost }) => cost?.seconds),
  };
}

function tileBytes(array: ArrayDeclaration | undefined): number {
  return array ? array.shape[0] * array.shape[1] * bytesPerElement(array.dtype) : 0;
}

/** The check's vectors follow from the job's id (FNV-1a, 64 bit), so that a master started again asks the same question. */
function checkSeed(jobId: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const letter of jobId) hash = BigInt.asUintN(64, (hash ^ BigInt(letter.codePointAt(0)!)) * 0x100000001b3n);
  return hash.toString();
}
