import { bytesPerElement, type DType, type OperationName, type Shape } from '@tessera/protocol';
import type { JobOptions } from '../arguments/command.ts';
import { UsageError } from '../errors.ts';
import type { Operand } from '../input/operand.ts';
import type { Output } from '../input/output.ts';
import { resultShape } from '../input/shapes.ts';
import { CSV_CELL_BYTES, type Need } from '../input/space.ts';

/** Matrices that a job may be given. */
export const OPERAND_NAMES = ['A', 'B', 'C0'] as const;
export type OperandName = (typeof OPERAND_NAMES)[number];

/** Something for each matrix that a job was given: B is missing where the operation has one operand, C0 where none is added. */
export interface Operands<T> {
  readonly A: T;
  readonly B?: T | undefined;
  readonly C0?: T | undefined;
}

/** The matrices that there are, by name. */
export function entriesOf<T>(operands: Operands<T>): [OperandName, T][] {
  return OPERAND_NAMES.flatMap((name): [OperandName, T][] => {
    const operand = operands[name];
    return operand === undefined ? [] : [[name, operand]];
  });
}

/** The same for other values. */
export function mapOperands<T, U>({ A, B, C0 }: Operands<T>, by: (operand: T, name: OperandName) => U): Operands<U> {
  return {
    A: by(A, 'A'),
    ...(B === undefined ? {} : { B: by(B, 'B') }),
    ...(C0 === undefined ? {} : { C0: by(C0, 'C0') }),
  };
}

/** A job that can be meant: operands that fit, a type, a seed. */
export interface JobRequest {
  readonly op: OperationName;
  readonly operands: Operands<Operand>;
  /** As typed and stored, whatever is taken transposed. */
  readonly shapes: Operands<Shape> & { readonly C: Shape };
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
  op: OperationName,
  operands: Operands<Operand>,
  options: JobOptions,
  out: Output | undefined,
  random: () => number,
): JobRequest {
  const given = mapOperands(operands, ({ shape }) => shape);
  const transposed = { A: options.transposeA, B: options.transposeB };
  const shapes = { ...given, C: resultShape(op, given, transposed) };
  const all = entriesOf(operands).map(([, operand]) => operand);
  const dtype = options.dtype ?? defaultType(all);
  const gpuOnly = options.kernel === 'gpu' || options.kernel === 'wgsl';
  if (gpuOnly && dtype !== 'float32') {
    throw new UsageError(
      `--kernel ${options.kernel} computes float32 only; add --dtype float32, or leave --kernel out`,
    );
  }
  // 32 bits are enough to tell runs apart and short enough to type again.
  const seed = all.some(({ kind }) => kind === 'random')
    ? (options.seed ?? String(Math.floor(random() * 2 ** 32)))
    : undefined;
  return { op, operands, shapes, dtype, seed, options, out };
}

function defaultType(operands: readonly Operand[]): DType {
  return operands.every((operand) => operand.kind === 'array' && operand.dtype === 'float32') ? 'float32' : 'float64';
}

/**
 * What a job on this machine writes, and where.
 * @param between bytes of what the plan stores besides operands and result
 */
export function spaceNeeds(request: JobRequest, workspace: string, between = 0): Need[] {
  const { operands, shapes, dtype, out } = request;
  const stored = (shape: Shape) => elements(shape) * bytesPerElement(dtype);
  const text = (shape: Shape) => elements(shape) * CSV_CELL_BYTES;
  const csv = out?.format === 'csv' || out?.format === 'csv.gz';
  let inside = between;
  for (const [, operand] of entriesOf(operands)) {
    if (operand.kind === 'array') continue;
    inside += stored(operand.shape) + (csv && operand.kind === 'random' ? text(operand.shape) : 0);
  }
  const folder = out?.folder ?? undefined;
  if (folder === undefined || csv) inside += stored(shapes.C) + (csv ? text(shapes.C) : 0);
  const besides = csv ? text(shapes.C) : stored(shapes.C);
  return [{ folder: workspace, bytes: inside }, ...(folder === undefined ? [] : [{ folder, bytes: besides }])];
}

function elements([rows, cols]: Shape): number {
  return rows * cols;
}
