import type { OperationName } from '@tessera/protocol';

/** How an operation is typed and spoken of. What it computes stands in the protocol. */
export interface SpokenOperation {
  /** Operands as the help shows them. */
  readonly usage: string;
  readonly summary: string;
  /** What the prompt calls it. */
  readonly title: string;
  readonly formula: string;
  /** How many operands it reads. */
  readonly operands: 1 | 2;
  /** Whether one shape stands for both operands. */
  readonly oneShape: boolean;
  /** Operands that it may take transposed. */
  readonly transposes: readonly ('A' | 'B')[];
  /** Whether it takes --alpha, --beta and --add. */
  readonly scales: boolean;
  readonly example: string;
  /** What an exact check found. */
  readonly exactly: string;
}

/** Every operation has a command of its own, in this order. Loaded at every start, so nothing here loads the protocol. */
export const spoken: Readonly<Record<OperationName, SpokenOperation>> = {
  add: {
    usage: 'SHAPE | A B',
    summary: 'C = A + B; one shape makes two random matrices of it',
    title: 'matrix addition',
    formula: 'C = A + B',
    operands: 2,
    oneShape: true,
    transposes: [],
    scales: false,
    example: 'add 1000x1000, or add A.npy B.npy',
    exactly: 'every element of C is the sum of its two',
  },
  multiply: {
    usage: 'A B',
    summary: 'C = A·B, where A has as many columns as B has rows',
    title: 'matrix multiplication',
    formula: 'C = A·B',
    operands: 2,
    oneShape: false,
    transposes: ['A', 'B'],
    scales: true,
    example: 'multiply 2000x1500 1500x1000',
    exactly: 'every element of C was computed again',
  },
  subtract: {
    usage: 'SHAPE | A B',
    summary: 'C = A - B; one shape makes two random matrices of it',
    title: 'matrix subtraction',
    formula: 'C = A - B',
    operands: 2,
    oneShape: true,
    transposes: [],
    scales: false,
    example: 'subtract 1000x1000, or subtract A.npy B.npy',
    exactly: 'every element of C is the difference of its two',
  },
  gram: {
    usage: 'A',
    summary: 'C = AᵀA, symmetric, with as many rows and columns as A has columns',
    title: 'Gram matrix',
    formula: 'C = AᵀA',
    operands: 1,
    oneShape: false,
    transposes: ['A'],
    scales: false,
    example: 'gram 2000x500, or gram A.npy',
    exactly: 'every element of C was computed again',
  },
};

/** In the order of their commands and of the prompt. */
export const operationNames = Object.keys(spoken) as readonly OperationName[];
