/** What an .npy header's dictionary may hold. */
export type Literal = string | number | boolean | null | readonly Literal[] | { readonly [key: string]: Literal };

/** A text that isn't the small part of Python's literals that .npy headers use. */
export class LiteralSyntaxError extends Error {
  readonly at: number;
  constructor(expected: string, at: number) {
    super(`expected ${expected} at character ${at}`);
    this.at = at;
  }
}

const MAX_DEPTH = 16;

/**
 * Reads one Python literal: strings, whole numbers (Python 2's `L` suffix too), True, False, None, tuples, lists and
 * dictionaries with string keys. Nothing is evaluated. Tuples and lists both become arrays.
 * @throws LiteralSyntaxError
 */
export function parseLiteral(text: string): Literal {
  let at = 0;

  const skipSpace = () => {
    while (at < text.length && ' \t\r\n'.includes(text[at]!)) at++;
  };
  const take = (character: string): boolean => {
    skipSpace();
    if (text[at] !== character) return false;
    at++;
    return true;
  };
  const need = (character: string) => {
    if (!take(character)) throw new LiteralSyntaxError(JSON.stringify(character), at);
  };

  function quoted(quote: string): string {
    let value = '';
    for (; at < text.length; at++) {
      const character = text[at]!;
      if (character === quote) {
        at++;
        return value;
      }
      if (character === '\\') {
        const next = text[++at];
        if (next !== '\\' && next !== "'" && next !== '"') throw new LiteralSyntaxError('a plain escape', at);
        value += next;
      } else value += character;
    }
    throw new LiteralSyntaxError(`a closing ${quote}`, at);
  }

  function sequence(end: string, depth: number): { items: Literal[]; comma: boolean } {
    const items: Literal[] = [];
    let comma = false;
    while (!take(end)) {
      if (items.length > 0 && !comma) throw new LiteralSyntaxError('a comma', at);
      items.push(value(depth + 1));
      comma = take(',');
    }
    return { items, comma };
  }

  function dictionary(depth: number): Literal {
    const entries = new Map<string, Literal>();
    let comma = true;
    while (!take('}')) {
      if (!comma) throw new LiteralSyntaxError('a comma', at);
      const key = value(depth + 1);
      if (typeof key !== 'string') throw new LiteralSyntaxError('a string as key', at);
      need(':');
      entries.set(key, value(depth + 1));
      comma = take(',');
    }
    return Object.fromEntries(entries);
  }

  function value(depth: number): Literal {
    if (depth > MAX_DEPTH) throw new LiteralSyntaxError('less nesting', at);
    if (take('{')) return dictionary(depth);
    if (take('[')) return sequence(']', depth).items;
    if (take('(')) {
      const { items, comma } = sequence(')', depth);
      // (5) is 5, (5,) is a tuple.
      return items.length === 1 && !comma ? items[0]! : items;
    }
    if (take("'")) return quoted("'");
    if (take('"')) return quoted('"');
    const word = /^(?:-?\d+L?|True|False|None)(?![\w.])/.exec(text.slice(at, at + 40))?.[0];
    if (word === undefined) throw new LiteralSyntaxError('a Python literal', at);
    at += word.length;
    if (word === 'True' || word === 'False') return word === 'True';
    return word === 'None' ? null : Number(word.replace('L', ''));
  }

  const parsed = value(0);
  skipSpace();
  if (at < text.length) throw new LiteralSyntaxError('the end', at);
  return parsed;
}
