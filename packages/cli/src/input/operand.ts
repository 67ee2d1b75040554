import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StoreContext } from '@tessera/matrix';
import {
  parseShape,
  ShapeSyntaxError,
  type CsvText,
  type DType,
  type OperationName,
  type Shape,
} from '@tessera/protocol';
import { UsageError } from '../errors.ts';
import { spoken } from '../operations.ts';

/** An operand as it was found: `shape` is what is stored, or what was typed. */
export type Operand =
  | { readonly kind: 'random'; readonly shape: Shape }
  | {
      readonly kind: 'array';
      readonly shape: Shape;
      readonly dtype: DType;
      readonly url: string;
      readonly chunk?: Shape;
    }
  | { readonly kind: 'csv'; readonly shape: Shape; readonly csv: CsvText };

/**
 * Finds out what was meant by an operand: a shape, or a file of this machine or of a bucket, which is looked into.
 * @throws UsageError naming what is wrong with it
 */
export async function readOperand(cwd: string, text: string, context: StoreContext): Promise<Operand> {
  try {
    return { kind: 'random', shape: parseShape(text) };
  } catch (error) {
    if (!(error instanceof ShapeSyntaxError)) throw error;
    if (!looksLikePath(text) && !existsSync(resolve(cwd, text))) throw error;
  }
  return inspect(isUrl(text) ? text : resolve(cwd, text), context);
}

/** The operands, two of which one shape may stand for. @throws UsageError for any other number of them. */
export function spreadOperands(op: OperationName, typed: readonly string[]): readonly string[] {
  const { operands, oneShape, example } = spoken[op];
  const [a] = typed;
  if (typed.length === operands) return typed;
  if (oneShape && typed.length === 1 && !looksLikePath(a!)) return [a!, a!];
  const wanted = operands === 1 ? 'one operand' : oneShape ? 'one shape or two operands' : 'two operands';
  const found = typed.length === 0 ? 'none was' : typed.length === 1 ? `only ${a} was` : `${typed.length} were`;
  throw new UsageError(`${op} needs ${wanted}, but ${found} given. For example: ${example}`);
}

function isUrl(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

function looksLikePath(text: string): boolean {
  return isUrl(text) || /[/\\]/.test(text) || /\.[a-z]+$/i.test(text);
}

async function inspect(place: string, context: StoreContext): Promise<Operand> {
  const { InputError, inspectOperand, locate } = await import('@tessera/matrix');
  try {
    const location = locate(place);
    if (location.scheme === 's3' && /[\s?#]/.test(location.url)) {
      throw new UsageError(
        `${place}: keys with blanks, ? or # in them can't be operands; copy the object to a plainer name`,
      );
    }
    const { shape, dtype, url, chunk, csv } = await inspectOperand(place, context);
    if (csv !== undefined) return { kind: 'csv', shape, csv: { ...csv, bands: [...csv.bands] } };
    return { kind: 'array', shape, dtype, url, ...(chunk === undefined ? {} : { chunk }) };
  } catch (error) {
    if (error instanceof InputError) throw new UsageError(error.message.replace(/\.$/, ''), { cause: error });
    throw error;
  }
}
