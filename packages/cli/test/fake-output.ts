import type { Output } from '../src/world.ts';

/** An output that remembers what was written. */
export interface FakeOutput extends Output {
  readonly text: string;
}

export function fakeOutput({ isTTY, columns }: { isTTY: boolean; columns: number }): FakeOutput {
  let text = '';
  return {
    isTTY,
    columns: () => columns,
    write(part) {
      text += part;
    },
    get text() {
      return text;
    },
  };
}

const TOKEN = new RegExp(`${'\u001B'}\\[[0-9;?]*[A-Za-z]|[\\s\\S]`, 'gu');
const UP = new RegExp(`^${'\u001B'}\\[\\d+A$`);

/** The lines that a terminal shows after a text of ours: knows cursor up, erase below, carriage return and no more. */
export function screenOf(text: string): string[] {
  const rows: string[] = [''];
  let row = 0;
  let col = 0;
  for (const [token] of text.matchAll(TOKEN)) {
    if (token === '\n') [row, col] = [row + 1, 0];
    else if (token === '\r') col = 0;
    else if (UP.test(token)) row -= Number(token.slice(2, -1));
    else if (token === '\u001B[0J') rows.splice(row, rows.length, (rows[row] ?? '').slice(0, col));
    else if (!token.startsWith('\u001B')) {
      rows[row] = (rows[row] ?? '').padEnd(col).slice(0, col) + token;
      col += 1;
    }
  }
  return rows.filter((line) => line !== undefined && line !== '');
}
