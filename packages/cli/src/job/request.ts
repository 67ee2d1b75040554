import { bytesPerElement, operations, type DType, type Shape } from '@tessera/protocol';
import type { JobOptions } from '../arguments/command.ts';
import { UsageError } from '../errors.ts';
import type { SpokenName } from '../operations.ts';
import type { Operand } from '../input/operand.ts';
import type { Output } from '../input/output.ts';
import { CSV_CELL_BYTES, type Need } from '../input/space.ts';

/** A job that can be meant: operands that fit, a type, a seed. */
export interface JobRequest {
  readonly op: SpokenName;
  readonly operands: { readonly A: Operand; readonly B: Operand };
  readonly shapes: { readonly A: Shape; readonly B: Shape; readonly C: Shape };
  readonly dtype: DType;
  /** Undefined where no operand is random. */
  readonly seed: string | undefined;
  readonly options: JobOptions;
  readonly out: Output | undefined;
}

/**
 * Puts a request together.
 * @param random uniform in [0, 1), for a seed where none was given
 * @throws ShapeMismatchError, UsageError
 */
export function makeRequest(
  op: SpokenName,
  [A, B]: readonly [Operand, Operand],
  options: JobOptions,
  out: Output | undefined,
  random: () => number,
): JobRequest {
  const shapes = { A: A.shape, B: B.shape, C: operations[op].resultShape(A.shape, B.shape) };
  const dtype = options.dtype ?? defaultType([A, B]);
  const gpuOnly = options.kernel === 'gpu' || options.kernel === 'wgsl';
  if (gpuOnly && dtype !== 'float32') {
    throw new UsageError(
      `--kernel ${options.kernel} computes float32 only; add --dtype float32, or leave --kernel out`,
    );
  }
  const isRandom = A.kind === 'random' || B.kind === 'random';
  // 32 bits are enough to tell runs apart and short enough to type again.
  const seed = isRandom ? (options.seed ?? String(Math.floor(random() * 2 ** 32))) : undefined;
  return { op, operands: { A, B }, shapes, dtype, seed, options, out };
}

function defaultType(operands: readonly Operand[]): DType {
  return operands.every((operand) => operand.kind === 'array' && operand.dtype === 'float32') ? 'float32' : 'float64';
}

/** What a job on this machine writes, and where. */
export function spaceNeeds(request: JobRequest, workspace: string): Need[] {
  const { operands, shapes, dtype, out } = request;
  const stored = (shape: Shape) => elements(shape) * bytesPerElement(dtype);
  const text = (shape: Shape) => elements(shape) * CSV_CELL_BYTES;
  const csv = out?.format === 'csv' || out?.format === 'csv.gz';
  let inside = 0;
  for (const operand of [operands.A, operands.B]) {
    if (operand.kind === 'array') continue;
    inside += stored(operand.shape) + (csv && operand.kind === 'random' ? text(operand.shape) : 0);
  }
  const besides = out === undefined ? 0 : csv ? text(shapes.C) : stored(shapes.C);
  if (out === undefined || csv) inside += stored(shapes.C) + (csv ? text(shapes.C) : 0);
  return [{ folder: workspace, bytes: inside }, ...(out === undefined ? [] : [{ folder: out.folder, bytes: besides }])];
}

function elements([rows, cols]: Shape): number {
  return rows * cols;
}
