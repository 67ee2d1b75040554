import type { OperationName } from '@tessera/protocol';
import { add } from './add.ts';
import { multiply } from './multiply.ts';
import type { MasterOperation } from './operation.ts';

/** The master's side of every operation. */
export const masterOperations: Readonly<Record<OperationName, MasterOperation>> = { add, multiply };
export type { MasterOperation, OperationInput } from './operation.ts';
