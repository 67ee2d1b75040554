import { z } from 'zod';
import { ShapeSyntaxError } from './errors.ts';

/** Rows and columns of a matrix, both at least 1. Example: `[1000, 800]`. */
export const Shape = z.tuple([z.int().positive(), z.int().positive()]).readonly();
export type Shape = z.infer<typeof Shape>;

/** Element types a matrix is computed in. */
export const DType = z.enum(['float64', 'float32']);
export type DType = z.infer<typeof DType>;

/** Bytes of one element. */
export function bytesPerElement(dtype: DType): 4 | 8 {
  return dtype === 'float64' ? 8 : 4;
}

/** A rectangle of a matrix, in elements: rows [row, row+rows), columns [col, col+cols). */
export const Region = z.object({
  row: z.int().nonnegative(),
  col: z.int().nonnegative(),
  rows: z.int().positive(),
  cols: z.int().positive(),
});
export type Region = z.infer<typeof Region>;

/**
 * Reads a shape as people write it: `1000x800`, `1000X800`, `1000×800`.
 * @throws ShapeSyntaxError naming what is wrong with the text.
 */
export function parseShape(text: string): Shape {
  const parts = text.trim().split(/[xX×]/u);
  if (parts.length !== 2) throw new ShapeSyntaxError(text, 'expected two sizes with an x between them');
  const sizes = parts.map((part) => {
    if (!/^\d+$/.test(part.trim())) {
      throw new ShapeSyntaxError(text, `'${part}' is not a whole number of ${part === parts[0] ? 'rows' : 'columns'}`);
    }
    const size = Number(part);
    if (size === 0) throw new ShapeSyntaxError(text, 'a matrix has at least one row and one column');
    return size;
  });
  const shape = [sizes[0]!, sizes[1]!] as const;
  if (!Number.isSafeInteger(shape[0] * shape[1] * 8))
    throw new ShapeSyntaxError(text, 'more elements than can be counted');
  return shape;
}

/** `[1000, 800]` as people read it: `1000x800`. */
export function formatShape(shape: Shape): string {
  return `${shape[0]}x${shape[1]}`;
}

/** Whether two shapes are the same. */
export function sameShape(a: Shape, b: Shape): boolean {
  return a[0] === b[0] && a[1] === b[1];
}
