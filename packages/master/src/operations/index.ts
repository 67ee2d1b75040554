import type { OperationName } from '@tessera/protocol';
import { add } from './add.ts';
import { gram } from './gram.ts';
import { multiply } from './multiply.ts';
import type { MasterOperation } from './operation.ts';
import { subtract } from './subtract.ts';

/** The master's side of every operation. */
export const masterOperations: Readonly<Record<OperationName, MasterOperation>> = { add, subtract, multiply, gram };
export type { MasterOperation, OperationInput } from './operation.ts';
