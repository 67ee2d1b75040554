/** How text is dressed. The plain style leaves it as it is, so that pipes get no escape codes. */
export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  good(text: string): string;
  bad(text: string): string;
  accent(text: string): string;
  readonly symbols: Symbols;
}

export interface Symbols {
  readonly done: string;
  readonly failed: string;
  readonly running: string;
  readonly full: string;
  readonly empty: string;
  readonly partial: readonly string[];
}

const UNICODE: Symbols = {
  done: '✓',
  failed: '✗',
  running: '•',
  full: '█',
  empty: '░',
  partial: ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'],
};

const sgr = (on: number, off: number) => (text: string) => `\u001B[${on}m${text}\u001B[${off}m`;
const same = (text: string) => text;

export const plainStyle: Style = { bold: same, dim: same, good: same, bad: same, accent: same, symbols: UNICODE };

/** SGR codes that every terminal knows: bold, faint and the first eight colours. */
export const colorStyle: Style = {
  bold: sgr(1, 22),
  dim: sgr(2, 22),
  good: sgr(32, 39),
  bad: sgr(31, 39),
  accent: sgr(36, 39),
  symbols: UNICODE,
};

// oxlint-disable-next-line no-control-regex -- escape sequences are what this is about
const ESCAPE = /(\u001B\[[0-9;?]*[A-Za-z])/g;

/** Characters that a terminal shows of a text with escape codes in it. */
export function visibleLength(text: string): number {
  return [...text.replaceAll(ESCAPE, '')].length;
}

/** Cuts a text to a width, escape codes kept whole and closed. */
export function truncate(text: string, width: number): string {
  if (visibleLength(text) <= width) return text;
  let shown = 0;
  let out = '';
  for (const part of text.split(ESCAPE)) {
    if (part.startsWith('\u001B')) {
      out += part;
      continue;
    }
    for (const character of part) {
      if (shown >= width - 1) break;
      out += character;
      shown += 1;
    }
  }
  return `${out}…`;
}
