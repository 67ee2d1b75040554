import { z } from 'zod';
import { ShapeMismatchError } from './errors.ts';
import { formatShape, sameShape, type Shape } from './shape.ts';

/** What can be computed. */
export const OperationName = z.enum(['add', 'subtract', 'multiply', 'gram']);
export type OperationName = z.infer<typeof OperationName>;

/** What an operation demands of its operands and what it makes of them. Pure: shapes in, shapes and counts out. */
export interface Operation {
  readonly name: OperationName;
  /** One line for help and prompts, with the shapes in it. */
  readonly summary: string;
  /** Operands that it reads. A job names both A and B; for an operation of one operand B is A again. */
  readonly operands: readonly ('A' | 'B')[];
  /** Whether it takes operands transposed. */
  readonly transposes: boolean;
  /** Whether it takes alpha, beta and C0. */
  readonly scales: boolean;
  /** Shape of C from the operands as the operation takes them. @throws ShapeMismatchError saying which sizes must agree. */
  resultShape(a: Shape, b: Shape): Shape;
  /** Floating point operations of the whole job, the usual count. */
  flops(a: Shape, b: Shape): number;
}

const add: Operation = {
  name: 'add',
  summary: 'C = A + B, all of one shape',
  operands: ['A', 'B'],
  transposes: false,
  scales: false,
  resultShape: (a, b) => commonShape('add', a, b),
  flops: (a) => a[0] * a[1],
};

const subtract: Operation = {
  name: 'subtract',
  summary: 'C = A - B, all of one shape',
  operands: ['A', 'B'],
  transposes: false,
  scales: false,
  resultShape: (a, b) => commonShape('subtract', a, b),
  flops: (a) => a[0] * a[1],
};

const multiply: Operation = {
  name: 'multiply',
  summary: 'C = A·B, where A has as many columns as B has rows',
  operands: ['A', 'B'],
  transposes: true,
  scales: true,
  resultShape(a, b) {
    if (a[1] === b[0]) return [a[0], b[1]];
    throw new ShapeMismatchError(
      `multiply needs as many columns in A as rows in B, but A is ${formatShape(a)} (${a[1]} columns) ` +
        `and B is ${formatShape(b)} (${b[0]} rows)`,
    );
  },
  flops: (a, b) => 2 * a[0] * a[1] * b[1],
};

const gram: Operation = {
  name: 'gram',
  summary: 'C = AᵀA, symmetric, with as many rows and columns as A has columns',
  operands: ['A'],
  transposes: true,
  scales: false,
  resultShape: (a) => [a[1], a[1]],
  // Half of the elements are computed, the others are their mirror images.
  flops: (a) => a[0] * a[1] * (a[1] + 1),
};

/** All operations by name. */
export const operations: Readonly<Record<OperationName, Operation>> = { add, subtract, multiply, gram };

function commonShape(name: OperationName, a: Shape, b: Shape): Shape {
  if (sameShape(a, b)) return a;
  throw new ShapeMismatchError(
    `${name} needs two matrices of the same shape, but A is ${formatShape(a)} and B is ${formatShape(b)}`,
  );
}
