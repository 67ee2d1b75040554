import { UnsupportedDtypeError } from '../errors.ts';
import type { DType } from '../tile.ts';
import type { Literal } from './literal.ts';

/** An element type of an .npy file. */
export interface Descr {
  readonly kind: 'float' | 'int' | 'uint' | 'bool';
  readonly itemBytes: 1 | 2 | 4 | 8;
  readonly bigEndian: boolean;
  /** What its tiles hold: float32 for float16 and float32, which it can hold exactly, otherwise float64. */
  readonly dtype: DType;
}

const KINDS = { f: 'float', i: 'int', u: 'uint', b: 'bool' } as const;
const SIZES: Record<string, readonly number[]> = { f: [2, 4, 8], i: [1, 2, 4, 8], u: [1, 2, 4, 8], b: [1] };

/** @throws UnsupportedDtypeError for complex, long double, object, structured, text and date types, in numpy's words. */
export function parseDescr(descr: Literal, name: string): Descr {
  if (typeof descr !== 'string') throw new UnsupportedDtypeError(name, `structured ${JSON.stringify(descr)}`);
  const match = /^([<>=|]?)([fiub])(\d+)$/.exec(descr);
  const letter = match?.[2] as keyof typeof KINDS | undefined;
  const itemBytes = Number(match?.[3]);
  if (!match || !letter || !SIZES[letter]?.includes(itemBytes)) throw new UnsupportedDtypeError(name, wordFor(descr));
  return {
    kind: KINDS[letter],
    itemBytes: itemBytes as Descr['itemBytes'],
    bigEndian: match[1] === '>',
    dtype: letter === 'f' && itemBytes < 8 ? 'float32' : 'float64',
  };
}

function wordFor(descr: string): string {
  const kind = /[a-zA-Z]/.exec(descr)?.[0];
  const words: Record<string, string> = {
    c: 'complex',
    O: 'object',
    S: 'bytes',
    a: 'bytes',
    U: 'text',
    V: 'void',
    M: 'datetime',
    m: 'timedelta',
    f: 'long double',
  };
  return kind && words[kind] ? `${words[kind]} (${descr})` : descr;
}
