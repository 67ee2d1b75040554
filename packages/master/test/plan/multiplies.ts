import type { PackageBody } from '@tessera/protocol';
import type { Plan } from '../../src/index.ts';
import { packagesOf } from './coverage.ts';

export type Multiply = Extract<PackageBody, { kind: 'multiply' }>;

/** The packages that compute blocks. */
export function multiplies(plan: Plan): Multiply[] {
  return packagesOf(plan, 'compute').filter((body) => body.kind === 'multiply');
}

/** An operand's piece as the operation takes it. */
export function asTaken(piece: Multiply['a'], transposed: boolean | undefined) {
  if (piece.kind !== 'array') throw new Error('not an array');
  const { row, col, rows, cols } = piece;
  return transposed ? { row: col, col: row, rows: cols, cols: rows } : { row, col, rows, cols };
}
