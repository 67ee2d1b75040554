import type { OperationName } from '@tessera/protocol';

/** How an operation is typed and spoken of. What it computes stands in the protocol. */
export interface SpokenOperation {
  /** Operands as the help shows them. */
  readonly usage: string;
  readonly summary: string;
  /** Between the operands. */
  readonly sign: string;
  /** Whether one shape stands for both operands. */
  readonly oneShape: boolean;
  readonly example: string;
  /** What an exact check found. */
  readonly exactly: string;
}

/** The operations that have a command of their own. Loaded at every start, so nothing here loads the protocol. */
export const spoken = {
  add: {
    usage: 'SHAPE | A B',
    summary: 'C = A + B; one shape makes two random matrices of it',
    sign: '+',
    oneShape: true,
    example: 'add 1000x1000, or add A.npy B.npy',
    exactly: 'every element of C is the sum of its two',
  },
  multiply: {
    usage: 'A B',
    summary: 'C = A·B, where A has as many columns as B has rows',
    sign: '·',
    oneShape: false,
    example: 'multiply 2000x1500 1500x1000',
    exactly: 'every element of C was computed again',
  },
} as const satisfies Partial<Record<OperationName, SpokenOperation>>;

export type SpokenName = keyof typeof spoken;
