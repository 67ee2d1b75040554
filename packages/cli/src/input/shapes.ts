import {
  formatShape,
  operations,
  sameShape,
  ShapeMismatchError,
  type OperationName,
  type Shape,
} from '@tessera/protocol';

/** Shapes as they were typed or found. */
export interface GivenShapes {
  readonly A: Shape;
  readonly B?: Shape | undefined;
  readonly C0?: Shape | undefined;
}

/** Which operands are taken transposed. */
export interface Transposed {
  readonly A: boolean;
  readonly B: boolean;
}

/**
 * Shape of C.
 * @throws ShapeMismatchError in the words of what was typed: the given shapes, and what becomes of them
 */
export function resultShape(op: OperationName, { A, B, C0 }: GivenShapes, transposed: Transposed): Shape {
  const [a, b] = [taken(A, transposed.A), taken(B ?? A, transposed.B)];
  if (op === 'multiply' && a[1] !== b[0] && (transposed.A || transposed.B)) {
    throw new ShapeMismatchError(
      `multiply needs as many columns in ${letter('A', transposed.A)} as rows in ${letter('B', transposed.B)}, but ` +
        `${described('A', A, transposed.A)} (${a[1]} columns) and ${described('B', B ?? A, transposed.B)} (${b[0]} rows)`,
    );
  }
  const C = operations[op].resultShape(a, b);
  if (C0 !== undefined && !sameShape(C0, C)) {
    throw new ShapeMismatchError(
      `the matrix of --add must have the shape of the product, ${formatShape(C)}, but is ${formatShape(C0)}`,
    );
  }
  return C;
}

/** What an operation takes of what is stored. */
export function taken(shape: Shape, transposed: boolean): Shape {
  return transposed ? [shape[1], shape[0]] : shape;
}

function letter(name: string, transposed: boolean): string {
  return transposed ? `${name}ᵀ` : name;
}

function described(name: string, shape: Shape, transposed: boolean): string {
  const given = `${name} is ${formatShape(shape)}`;
  return transposed ? `${given} and so ${name}ᵀ ${formatShape(taken(shape, true))}` : given;
}
