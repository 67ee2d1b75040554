/**
 * A finite automaton over the bytes of one cell, so that a text can be checked without converting it. Anything that
 * isn't a plain decimal number ends in `WORD` and is looked at as text.
 */

// Plain constants rather than a destructured list: the scan's inner loop needs them folded in.
/** Classes of bytes; from `DELIMITER` on they end a cell or need more than a table. */
export const DIGIT = 0;
export const SIGN = 1;
export const DOT = 2;
export const EXPONENT = 3;
export const SPACE = 4;
export const OTHER = 5;
export const DELIMITER = 6;
export const LINE_FEED = 7;
export const RETURN = 8;
export const QUOTE = 9;

/** States; a cell may end in `INTEGER`, `POINT`, `FRACTION`, `POWER` and `AFTER`. */
export const START = 0;
export const SIGNED = 1;
export const INTEGER = 2;
export const BARE_POINT = 3;
export const POINT = 4;
export const FRACTION = 5;
export const E = 6;
export const E_SIGNED = 7;
export const POWER = 8;
export const AFTER = 9;
export const WORD = 10;

/** `NEXT[state * 8 + class]` for the classes below `DELIMITER`. */
export const NEXT = makeTable();

/** Whether a plain number may end in this state. */
export const isNumber = Uint8Array.from({ length: 11 }, (_, state) =>
  [INTEGER, POINT, FRACTION, POWER, AFTER].includes(state) ? 1 : 0,
);

/** The class of every byte for one delimiter; a space delimits together with tabs. */
export function classesFor(delimiter: string): Uint8Array {
  const classes = new Uint8Array(256).fill(OTHER);
  for (const digit of '0123456789') classes[digit.charCodeAt(0)] = DIGIT;
  for (const [characters, kind] of [
    ['+-', SIGN],
    ['.', DOT],
    ['eE', EXPONENT],
    [' \t', SPACE],
    ['\n', LINE_FEED],
    ['\r', RETURN],
    ['"', QUOTE],
  ] as const) {
    for (const character of characters) classes[character.charCodeAt(0)] = kind;
  }
  for (const character of delimiter === ' ' ? ' \t' : delimiter) classes[character.charCodeAt(0)] = DELIMITER;
  return classes;
}

function makeTable(): Uint8Array {
  const table = new Uint8Array(11 * 8).fill(WORD);
  const moves: [from: number[], by: number, to: number][] = [
    [[START], SPACE, START],
    [[START], SIGN, SIGNED],
    [[START, SIGNED, INTEGER], DIGIT, INTEGER],
    [[START, SIGNED], DOT, BARE_POINT],
    [[INTEGER], DOT, POINT],
    [[BARE_POINT, POINT, FRACTION], DIGIT, FRACTION],
    [[INTEGER, POINT, FRACTION], EXPONENT, E],
    [[E], SIGN, E_SIGNED],
    [[E, E_SIGNED, POWER], DIGIT, POWER],
    [[INTEGER, POINT, FRACTION, POWER, AFTER], SPACE, AFTER],
  ];
  for (const [from, by, to] of moves) for (const state of from) table[state * 8 + by] = to;
  return table;
}
